using System.Globalization;
using FineTune.Training.Diagnostics;
using ModelSpec;
using ModelSpec.Language;
using ModelSpec.Text;

namespace FineTune.Training.Plugins;

/// <summary>Reads the use of an exporter from a command line, where no table of a spec has it: its word, and <c>KEY=VALUE</c> for its keys.</summary>
internal static class PartSettings
{
    /// <summary>Reads a use.</summary>
    /// <param name="spec">The spec, at whose name errors are reported.</param>
    /// <param name="word">The exporter.</param>
    /// <param name="settings">Values of its keys as <c>KEY=VALUE</c>; of one key, the last counts. The others have their defaults.</param>
    /// <exception cref="TrainingException">There is no such exporter or key, or a value is not one of the key.</exception>
    public static PartSection ReadExporter(SpecSource spec, string word, IEnumerable<string> settings)
    {
        PluginWords words = spec.Parts.Words;
        if (words.Find(PartKind.Exporter, word) is not { } part)
        {
            string[] known = [.. words.Words(PartKind.Exporter)];
            throw spec.Name.Error(TrainingDiagnostics.UnknownFormat, word, Suggest(word, known), string.Join(", ", known));
        }
        Dictionary<string, object> given = new(StringComparer.Ordinal);
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw Wrong(setting, "write KEY=VALUE.");
            string name = setting[..equals];
            PartKey key = part.Keys.FirstOrDefault(key => key.Name == name) ?? throw Wrong(setting, Unknown(part, name));
            given[name] = Read(key, setting[(equals + 1)..]) ?? throw Wrong(setting, $"{name} is {Meaning(key)}.");
        }
        List<PartValue> values = [];
        foreach (PartKey key in part.Keys.OrderBy(static key => key.Name, StringComparer.Ordinal))
        {
            object value = given.GetValueOrDefault(key.Name) ?? key.Default ?? throw Wrong($"{key.Name}=…", $"the exporter '{word}' needs {key.Name}, {Meaning(key)}.");
            values.Add(new PartValue(key.Name, value));
        }
        return new PartSection(new PartUse(word, "", values.ToEquatableArray()), spec.Name.Span, []);

        TrainingException Wrong(string setting, string what) => spec.Name.Error(TrainingDiagnostics.ExportSetting, setting, what);
    }

    private static string Unknown(PartWord part, string name)
    {
        string[] known = [.. part.Keys.Select(static key => key.Name).Order(StringComparer.Ordinal)];
        string keys = known.Length == 0 ? "It has no keys." : $"Its keys are {string.Join(", ", known)}.";
        return $"the exporter '{part.Word}' has no key '{name}'.{Suggest(name, known)} {keys}";
    }

    /// <summary>The value that a text stands for; null if it is not one of the key.</summary>
    private static object? Read(PartKey key, string text) => key.Kind switch
    {
        PartValueKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && IsWithin(key, number) => number,
        PartValueKind.Whole when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && IsWithin(key, number) => number,
        PartValueKind.Flag when text is "true" or "false" => text == "true",
        PartValueKind.Text => text,
        _ => null,
    };

    private static bool IsWithin(PartKey key, double number) => double.IsFinite(number) && number >= key.Least && number <= key.Most;

    private static string Meaning(PartKey key)
    {
        string kind = key.Kind switch
        {
            PartValueKind.Number => "a number",
            PartValueKind.Whole => "a whole number",
            PartValueKind.Flag => "true or false",
            _ => "a text",
        };
        string least = double.IsNegativeInfinity(key.Least) ? "" : string.Create(CultureInfo.InvariantCulture, $", at least {key.Least}");
        string most = double.IsPositiveInfinity(key.Most) ? "" : string.Create(CultureInfo.InvariantCulture, $", at most {key.Most}");
        return kind + least + most;
    }

    private static string Suggest(string name, IEnumerable<string> known) => NearestName.Find(name, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
}
