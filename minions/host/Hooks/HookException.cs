namespace Espresso.Minions.Execution;

/// <summary>A model's own code has thrown; the message says whose and when.</summary>
internal sealed class HookException(string message, Exception inner) : Exception(message, inner);
