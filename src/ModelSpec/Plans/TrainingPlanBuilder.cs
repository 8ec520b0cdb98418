using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;
using ModelSpec.Text;

namespace ModelSpec.Plans;

/// <summary>Builds the <see cref="TrainingPlan"/> that a spec means, and checks everything that depends on the backbone's table.</summary>
public static class TrainingPlanBuilder
{
    /// <summary>Reads a spec's text and builds its plan, without words of plugins.</summary>
    /// <param name="text">The spec.</param>
    /// <param name="path">The file's path, as diagnostics name it.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    /// <returns>The plan, or every error found.</returns>
    public static Result<TrainingPlan> Build(string text, string path, BackboneCatalogue backbones) => Build(text, path, backbones, PluginWords.BuiltIn);

    /// <summary>Reads a spec's text and builds its plan.</summary>
    /// <param name="text">The spec.</param>
    /// <param name="path">The file's path, as diagnostics name it.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    /// <param name="words">The words that plugins add.</param>
    /// <returns>The plan, or every error found.</returns>
    public static Result<TrainingPlan> Build(string text, string path, BackboneCatalogue backbones, PluginWords words)
    {
        Result<Spec> spec = SpecReader.Read(text, path, words);
        return spec.Value is null ? new Result<TrainingPlan>(null, spec.Diagnostics) : Build(spec.Value, backbones, words);
    }

    /// <summary>Builds the plan of a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="backbones">The backbones that it can name.</param>
    /// <param name="words">The words that it was read with.</param>
    /// <returns>The plan, or every error found.</returns>
    public static Result<TrainingPlan> Build(Spec spec, BackboneCatalogue backbones, PluginWords words)
    {
        var bag = new DiagnosticBag(spec.Path);
        TrainingPlan? plan = Build(spec, backbones, words, bag);
        return new Result<TrainingPlan>(bag.HasErrors ? null : plan, bag.ToArray());
    }

    private static TrainingPlan? Build(Spec spec, BackboneCatalogue backbones, PluginWords words, DiagnosticBag bag)
    {
        if (BackboneChoice.Find(spec.Backbone, backbones, words, bag) is not { } backbone) return null;
        if (NetworkBuilder.Build(spec, backbone, bag) is not { } network) return null;

        List<Stage> stages = [];
        foreach (StageSection stage in spec.Stages)
        {
            if (Resolve(stage, network, spec.Data.Split.Value, bag) is { } resolved) stages.Add(resolved);
        }
        var plan = new TrainingPlan(
            network, spec.Model.Seed, backbone.WeightSet, backbone.WeightFile, stages.ToEquatableArray(), spec.Data.Augmentation, spec.Data.Split.Value,
            spec.Data.Source.Value, spec.Data.Importer.Use, Uses(spec.Processors), Uses(spec.Evaluators), Uses(spec.Exports))
        {
            Certainty = Certainty(spec, bag),
            Grouping = spec.Data.Group?.Value ?? ImageGrouping.None,
        };
        if (spec.Quality.CrossValidation is { } folds && stages.Count > 0 && plan.FrozenPrefix(stages[0]) < network.BodyLength)
        {
            bag.Report(SpecDiagnostics.FoldsOfBackbone, folds.Span, stages[0].Name);
        }
        return plan;
    }

    /// <summary>What is learnt from validation images, which the split must have.</summary>
    private static CertaintyPlan Certainty(Spec spec, DiagnosticBag bag)
    {
        (Located<bool>? calibrate, Located<double>? accept) = (spec.Predict.Calibrate, spec.Predict.Accept);
        if (!HasValidation(spec.Data.Split.Value))
        {
            if (calibrate is { Value: true } wanted) bag.Report(SpecDiagnostics.NeedsValidation, wanted.Span, "calibrate fits a temperature on");
            if (accept is { } share) bag.Report(SpecDiagnostics.NeedsValidation, share.Span, "accept chooses a confidence on");
            if (spec.Data.Outside.Count > 0) bag.Report(SpecDiagnostics.NeedsValidation, spec.Data.Outside[0].Span, "outside compares foreign images with");
        }
        return new CertaintyPlan(calibrate?.Value ?? false, accept?.Value, spec.Data.Outside.Select(static folder => folder.Value).ToEquatableArray());
    }

    private static EquatableArray<PartUse> Uses(EquatableArray<PartSection> parts) => parts.Select(static part => part.Use).ToEquatableArray();

    private static bool HasValidation(Split split) => split switch
    {
        FractionSplit fractions => fractions.Validation > 0,
        FolderSplit folders => folders.Validation is not null,
        ListSplit lists => lists.Validation is not null,
        OfficialSplit => true,
        _ => false,
    };

    private static Stage? Resolve(StageSection section, Network network, Split split, DiagnosticBag bag)
    {
        if (FreezeRange.Resolve(section.Freeze.Value, network.Layers, network.BodyLength, out EquatableArray<int> frozen) is { } error)
        {
            bag.Report(SpecDiagnostics.FreezeRange, section.Freeze.Span, error);
            return null;
        }
        var stage = new Stage(
            section.Name.Value, frozen, section.Epochs, section.BatchSize, section.Optimizer, section.BackboneRates, section.Schedule,
            section.Regularization, section.EarlyStopping?.Value, section.Shards);
        if (section.EarlyStopping is { } earlyStopping && !HasValidation(split))
        {
            bag.Report(SpecDiagnostics.Split, earlyStopping.Span, "early_stopping looks at images that the split sets aside: add validation to [data] split.");
        }
        if (!network.Layers.Any(stage.Trains))
        {
            bag.Report(SpecDiagnostics.NothingToTrain, section.Freeze.Span, stage.Name, network.BodyLength, network.Layers[network.BodyLength].Name);
        }
        return stage;
    }
}
