using FineTune.Pipeline;
using FineTune.Training.Cache;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace FineTune.Training.Exporters;

/// <summary>Gathers what is known of a training for exporters.</summary>
internal static class TrainingRecords
{
    /// <summary>What a spec, its lock and the cache tell.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="known">The lock that records the weights; null if there is none.</param>
    /// <param name="stages">The results of stages.</param>
    public static TrainingRecord Of(SpecSource spec, TrainingLock? known, StageCache stages)
    {
        TrainingPlan plan = spec.Plan;
        return new TrainingRecord
        {
            Spec = File.ReadAllText(spec.Spec.Path),
            Dataset = plan.Source,
            Backbone = plan.Network.Backbone,
            PretrainedWeights = plan.WeightSet?.File ?? Path.GetFileName(plan.WeightFile),
            PretrainedUrl = plan.WeightSet?.Url,
            Layers = [.. plan.Network.Layers.Select(layer => new TrainedLayer(
                layer.Index, layer.DisplayName, layer.Type, [.. layer.Output.Sizes], layer.Parameters,
                [.. plan.Stages.Where(stage => stage.Trains(layer)).Select(static stage => stage.Name)]))],
            Stages = Of(plan, known, stages),
            Facts = [.. known?.Facts.Select(static fact => new RecordedFact(fact.Table, fact.Index, fact.Key, Unquoted(fact.Value))) ?? []],
        };
    }

    private static TrainedStage[] Of(TrainingPlan plan, TrainingLock? known, StageCache stages)
    {
        string[] fingerprints = [.. known?.StageFingerprints ?? []];
        return [.. plan.Stages.Select((stage, index) =>
        {
            var trained = new TrainedStage(
                stage.Name, stage.Epochs, stage.BatchSize, WordOf(stage.Optimizer.Kind), stage.Optimizer.LearningRate, plan.TrainableParameters(stage))
            {
                TestAccuracy = Number(index, "test_accuracy"),
                TestLoss = Number(index, "test_loss"),
            };
            return index < fingerprints.Length && stages.Find(fingerprints[index], plan.Network) is { } result
                ? trained with { TestAccuracy = result.Evaluation.Accuracy, TestLoss = result.Evaluation.Loss, History = result.History }
                : trained;
        })];

        double? Number(int index, string key) =>
            double.TryParse(known?.Find("stage", index + 1, key), System.Globalization.CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    private static string WordOf(OptimizerKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>A string without its quotation marks; every other literal as it is.</summary>
    private static string Unquoted(string literal) =>
        literal.Length >= 2 && literal[0] == '"' ? literal[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal) : literal;
}
