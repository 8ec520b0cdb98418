using System.Globalization;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace ModelSpec.Networks;

/// <summary>Builds the <see cref="Network"/> that a spec means, and checks what needs the backbone's table.</summary>
public static class NetworkBuilder
{
    /// <summary>Reads a spec's text and builds its network.</summary>
    /// <param name="text">The spec.</param>
    /// <param name="path">The file's path, as diagnostics shall name it.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    public static Result<Network> Build(string text, string path, BackboneCatalogue backbones)
    {
        Result<Spec> spec = SpecReader.Read(text, path);
        return spec.Value is null ? new Result<Network>(null, spec.Diagnostics) : Build(spec.Value, backbones);
    }

    /// <summary>Builds the network of a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    /// <returns>The network, or every error found.</returns>
    public static Result<Network> Build(Spec spec, BackboneCatalogue backbones)
    {
        var bag = new DiagnosticBag(spec.Path);
        Network? network = Build(spec, backbones, bag);
        return new Result<Network>(bag.HasErrors ? null : network, bag.ToArray());
    }

    private static Network? Build(Spec spec, BackboneCatalogue backbones, DiagnosticBag bag)
    {
        BackboneSection section = spec.Backbone;
        BackboneTable? table = backbones.Find(section.Architecture.Value);
        if (table is null)
        {
            string name = section.Architecture.Value;
            bag.Report(SpecDiagnostics.UnknownWord, section.Architecture.Span, "backbone", name,
                NearestName.Suggest(name, backbones.Names), string.Join(", ", backbones.Names) + ", or one of a .backbone file of the project");
            return null;
        }

        double multiplier = Multiplier(section, table, bag);
        WeightSet? weightSet = Weights(section, table, multiplier, bag, out string? weightFile);
        Preprocessing preprocessing = Preprocess(section, weightSet, table, bag);
        (int height, int width) = section.Input?.Value ?? (table.Height, table.Width);
        List<Layer> layers = BodyBuilder.Build(table, height, width, multiplier, spec.Model.Name.Value, out Layer? tooSmall);
        if (tooSmall is not null)
        {
            bag.Report(SpecDiagnostics.InputTooSmall, section.Input?.Span ?? section.Span, height, width, table.Title,
                tooSmall.Index, tooSmall.Name, tooSmall.Output.Height, tooSmall.Output.Width, BodyBuilder.SmallestInput(table));
            return null;
        }

        int bodyLength = layers.Count;
        layers.AddRange(HeadBuilder.Build(spec.Head, layers[bodyLength - 1].Output, bodyLength, spec.Model.Classes.Count, bag));
        if (bag.HasErrors) return null;

        List<Stage> stages = [];
        foreach (StageSection stage in spec.Stages)
        {
            if (Resolve(stage, layers, bodyLength, spec.Data.Split.Value, bag) is { } resolved) stages.Add(resolved);
        }
        return new Network(
            spec.Model.Name.Value, spec.Model.Namespace?.Value,
            spec.Model.Classes.Select(static c => new ClassLabel(c.Value, Identifiers.ToPascalCase(c.Value))).ToEquatableArray(),
            spec.Model.Seed, table.Name, weightSet, weightFile, table.TopKeys, preprocessing, layers.ToEquatableArray(), bodyLength,
            stages.ToEquatableArray(), spec.Data.Augmentation, spec.Data.Split.Value, spec.Data.Source.Value,
            spec.Predict.Mirror);
    }

    private static double Multiplier(BackboneSection section, BackboneTable table, DiagnosticBag bag)
    {
        if (section.Width is not { } width) return 1;
        if (table.Multipliers.Contains(width.Value)) return width.Value;
        string allowed = table.Multipliers.Count == 0
            ? $"absent: {table.Title} has no width multiplier"
            : "one of " + string.Join(", ", table.Multipliers.Select(static m => m.ToString(CultureInfo.InvariantCulture)));
        bag.Report(SpecDiagnostics.OutOfRange, width.Span, "width", allowed, width.Value);
        return 1;
    }

    private static WeightSet? Weights(BackboneSection section, BackboneTable table, double multiplier, DiagnosticBag bag, out string? file)
    {
        file = null;
        string name = section.Weights.Value;
        if (name == Vocabulary.NoWeights) return null;
        if (Vocabulary.WeightFileExtensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
        {
            file = name;
            return null;
        }

        WeightSet? set = table.WeightSets.FirstOrDefault(s => s.Name == name && (s.Width is null || s.Width == multiplier));
        if (set is null)
        {
            List<string> known = [.. table.WeightSets.Select(static s => s.Name).Distinct(StringComparer.Ordinal), Vocabulary.NoWeights];
            bag.Report(SpecDiagnostics.UnknownWord, section.Weights.Span, "weight set", name,
                NearestName.Suggest(name, known), string.Join(", ", known) + ", or a path that ends in " + string.Join(", ", Vocabulary.WeightFileExtensions));
        }
        return set;
    }

    private static Preprocessing Preprocess(BackboneSection section, WeightSet? weightSet, BackboneTable table, DiagnosticBag bag)
    {
        Preprocessing own = weightSet?.Preprocessing ?? table.Preprocessing;
        if (section.Preprocess is not { } word) return own;
        if (Preprocessing.ByName.TryGetValue(word.Value, out Preprocessing? given)) return given;
        bag.Report(SpecDiagnostics.UnknownWord, word.Span, "preprocessing", word.Value,
            NearestName.Suggest(word.Value, Preprocessing.ByName.Keys), string.Join(", ", Preprocessing.ByName.Keys));
        return own;
    }

    private static bool HasValidation(Split split) => split switch
    {
        FractionSplit fractions => fractions.Validation > 0,
        FolderSplit folders => folders.Validation is not null,
        _ => false,
    };

    private static Stage? Resolve(StageSection section, List<Layer> layers, int bodyLength, Split split, DiagnosticBag bag)
    {
        if (FreezeRange.Resolve(section.Freeze.Value, layers, bodyLength, out EquatableArray<int> frozen) is { } error)
        {
            bag.Report(SpecDiagnostics.FreezeRange, section.Freeze.Span, error);
            return null;
        }
        var stage = new Stage(
            section.Name.Value, frozen, section.Epochs, section.BatchSize, section.Optimizer, section.BackboneRates, section.Schedule,
            section.Regularization, section.EarlyStopping?.Value);
        if (section.EarlyStopping is { } earlyStopping && !HasValidation(split))
        {
            bag.Report(SpecDiagnostics.Split, earlyStopping.Span, "early_stopping looks at images that the split sets aside: add validation to [data] split.");
        }
        if (!layers.Exists(stage.Trains))
        {
            bag.Report(SpecDiagnostics.NothingToTrain, section.Freeze.Span, stage.Name, bodyLength, layers[bodyLength].Name);
        }
        return stage;
    }
}
