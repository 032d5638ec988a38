namespace Espresso.Simulation.Engine;

/// <summary>Something that events happen to.</summary>
internal abstract class Actor
{
    /// <param name="what">The kind of event, in the actor's own numbering.</param>
    /// <param name="with">What it is about; may be null.</param>
    /// <param name="tag">A number that goes with it.</param>
    public abstract void On(int what, object? with, long tag);
}
