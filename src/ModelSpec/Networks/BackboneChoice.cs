using System.Globalization;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Networks;

/// <summary>The table and the weights that the words of <c>[backbone]</c> name.</summary>
/// <param name="Table">The backbone.</param>
/// <param name="Multiplier">The width multiplier of its channels; 1 if the spec gives none.</param>
/// <param name="WeightSet">The weight set of the table, or null for a file or for random weights.</param>
/// <param name="WeightFile">The weight file as the spec names it, or null.</param>
/// <param name="Preprocessing">How pixels are normalised.</param>
internal sealed record BackboneChoice(
    BackboneTable Table, double Multiplier, WeightSet? WeightSet, string? WeightFile, Preprocessing Preprocessing)
{
    /// <summary>Looks up what a spec names.</summary>
    /// <param name="section">The table of the spec.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    /// <param name="words">The words that plugins add: weight formats.</param>
    /// <param name="bag">Where unknown words and widths are reported.</param>
    /// <returns>The choice, or null if the backbone is not known.</returns>
    public static BackboneChoice? Find(BackboneSection section, BackboneCatalogue backbones, PluginWords words, DiagnosticBag bag)
    {
        string name = section.Architecture.Value;
        if (backbones.Find(name) is not { } table)
        {
            bag.Report(SpecDiagnostics.UnknownWord, section.Architecture.Span, "backbone", name,
                NearestName.Suggest(name, backbones.Names), string.Join(", ", backbones.Names) + ", or one of a .backbone file of the project");
            return null;
        }

        double multiplier = FindMultiplier(section, table, bag);
        WeightSet? weightSet = FindWeights(section, table, multiplier, words, bag, out string? weightFile);
        return new BackboneChoice(table, multiplier, weightSet, weightFile, FindPreprocessing(section, weightSet, table, bag));
    }

    private static double FindMultiplier(BackboneSection section, BackboneTable table, DiagnosticBag bag)
    {
        if (section.Width is not { } width) return 1;
        if (table.Multipliers.Contains(width.Value)) return width.Value;
        string allowed = table.Multipliers.Count == 0
            ? $"absent: {table.Title} has no width multiplier"
            : "one of " + string.Join(", ", table.Multipliers.Select(static m => m.ToString(CultureInfo.InvariantCulture)));
        bag.Report(SpecDiagnostics.OutOfRange, width.Span, "width", allowed, width.Value);
        return 1;
    }

    private static WeightSet? FindWeights(
        BackboneSection section, BackboneTable table, double multiplier, PluginWords words, DiagnosticBag bag, out string? file)
    {
        file = null;
        string name = section.Weights.Value;
        if (name == Vocabulary.NoWeights) return null;
        if (words.WeightFileExtensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
        {
            file = name;
            return null;
        }

        WeightSet? set = table.WeightSets.FirstOrDefault(s => s.Name == name && (s.Width is null || s.Width == multiplier));
        if (set is null)
        {
            List<string> known = [.. table.WeightSets.Select(static s => s.Name).Distinct(StringComparer.Ordinal), Vocabulary.NoWeights];
            bag.Report(SpecDiagnostics.UnknownWord, section.Weights.Span, "weight set", name,
                NearestName.Suggest(name, known), string.Join(", ", known) + ", or a path that ends in " + string.Join(", ", words.WeightFileExtensions));
        }
        return set;
    }

    private static Preprocessing FindPreprocessing(BackboneSection section, WeightSet? weightSet, BackboneTable table, DiagnosticBag bag)
    {
        Preprocessing own = weightSet?.Preprocessing ?? table.Preprocessing;
        if (section.Preprocess is not { } word) return own;
        if (Preprocessing.ByName.TryGetValue(word.Value, out Preprocessing? given)) return given;
        bag.Report(SpecDiagnostics.UnknownWord, word.Span, "preprocessing", word.Value,
            NearestName.Suggest(word.Value, Preprocessing.ByName.Keys), string.Join(", ", Preprocessing.ByName.Keys));
        return own;
    }
}
