using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Espresso.Hosting;

/// <summary>Options from switches and <c>ESPRESSO_</c> variables; switches win. Every fault is told at once.</summary>
public static class OptionsReader
{
    private const string Prefix = "ESPRESSO_";

    /// <param name="operands">What is not a switch, in order.</param>
    /// <exception cref="OptionsException">Unknown switches, unreadable or out-of-range values; the message lists all.</exception>
    public static T Read<T>(IReadOnlyList<string> args, out IReadOnlyList<string> operands, Func<string, string?>? variable = null)
        where T : class, new()
    {
        variable ??= Environment.GetEnvironmentVariable;
        var options = new T();
        var faults = new List<string>();
        var rest = new List<string>();
        var properties = Properties<T>().ToDictionary(property => SwitchOf(property.Name), StringComparer.Ordinal);

        foreach (var (name, property) in properties)
        {
            if (variable(VariableOf(name)) is { Length: > 0 } value)
                Set(options, property, value, VariableOf(name), faults);
        }

        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                rest.Add(args[i]);
                continue;
            }

            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (!properties.TryGetValue(name, out var property))
            {
                faults.Add($"{name}: no such option; --help lists them");
                if (equals < 0 && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                    i++; // its value
                continue;
            }

            var isFlag = property.PropertyType == typeof(bool);
            if (equals >= 0)
                Set(options, property, args[i][(equals + 1)..], name, faults);
            else if (isFlag && (i + 1 == args.Count || !bool.TryParse(args[i + 1], out _)))
                property.SetValue(options, true);
            else if (i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                Set(options, property, args[++i], name, faults);
            else
                faults.Add($"{name}: a value is missing");
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        faults.AddRange(results.Select(Told));
        operands = rest;
        return faults.Count == 0 ? options : throw new OptionsException(faults);
    }

    /// <summary>A page of help: every switch with its default, range and meaning.</summary>
    public static string Help<T>(string usage)
        where T : class, new()
    {
        var defaults = new T();
        var page = new StringBuilder(usage).AppendLine().AppendLine().AppendLine($"Options (or variables, as {Prefix}GRPC_PORT for --grpc-port):");
        foreach (var property in Properties<T>())
        {
            var range = property.GetCustomAttribute<RangeAttribute>() is { } limits ? $", {limits.Minimum} to {limits.Maximum}" : "";
            var value = Convert.ToString(property.GetValue(defaults), CultureInfo.InvariantCulture);
            page.AppendLine($"  {SwitchOf(property.Name),-24} {property.GetCustomAttribute<DescriptionAttribute>()?.Description}"
                + $" (default {(string.IsNullOrEmpty(value) ? "none" : value)}{range})");
        }

        return page.ToString();
    }

    /// <summary>The framework's sentences name the property, which is nothing that anybody has typed.</summary>
    private static string Told(ValidationResult result) =>
        $"{string.Join(", ", result.MemberNames.Select(SwitchOf))}: {result.ErrorMessage?.Replace($"The field {result.MemberNames.FirstOrDefault()} ", "", StringComparison.Ordinal)}";

    private static IEnumerable<PropertyInfo> Properties<T>() =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    private static void Set(object options, PropertyInfo property, string text, string name, List<string> faults)
    {
        try
        {
            var value = TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(text);
            if (value is Enum && !Enum.IsDefined(property.PropertyType, value))
                throw new FormatException("a number that has no name");
            property.SetValue(options, value);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or NotSupportedException)
        {
            faults.Add($"{name}: '{text}' is no {property.PropertyType.Name}");
        }
    }

    /// <summary>GrpcPort → --grpc-port.</summary>
    private static string SwitchOf(string property)
    {
        var name = new StringBuilder("-");
        foreach (var letter in property)
        {
            if (char.IsUpper(letter))
                name.Append('-');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    private static string VariableOf(string name) => Prefix + name[2..].Replace('-', '_').ToUpperInvariant();
}

/// <summary>Options that cannot be used; one fault a line.</summary>
public sealed class OptionsException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
