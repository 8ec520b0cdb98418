using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Ranks;
using FineTune.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Runs a trained network on images, in float32, as predictions do.</summary>
internal static class TestPass
{
    /// <summary>Evaluates the weights of a file.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="weights">The trained weights.</param>
    /// <param name="tested">The images.</param>
    /// <param name="device">The device of the evaluation.</param>
    /// <param name="scratch">The folder for data that does not fit into memory.</param>
    /// <param name="log">Receives progress.</param>
    /// <param name="cancellation">Cancels the evaluation.</param>
    /// <exception cref="TrainingException">The weights are missing or of another network, or too many images cannot be read.</exception>
    public static Evaluation Run(
        SpecSource spec, string weights, IReadOnlyList<LabeledImage> tested, Device device, string scratch, IProgressLog log, CancellationToken cancellation)
    {
        using var module = new NetworkModule(spec.Network);
        TrainedWeights.Load(weights, module, spec);
        module.to(device);
        module.eval();

        var store = new TensorStore(TensorStore.DefaultBudget(), scratch);
        using var images = new ImageSets(spec, new DatasetSplit("", [], [], tested), store);
        using var features = new FeatureSource(module, spec, device, store, log, SingleRank.Instance);
        int last = spec.Plan.Stages.Count - 1;
        Features test = features.Of(images.Test, last, ScalarType.Float32, "evaluation", cancellation);
        Features? mirrored = spec.Network.Mirror
            ? features.Of(images.Test, last, ScalarType.Float32, "evaluation of mirrored images", cancellation, isMirrored: true)
            : null;
        images.ReportUnreadable(log, cancellation);
        return Evaluation.Of(module, images.Test, test, spec.Plan.FrozenPrefix(spec.Plan.Stages[last]), mirrored);
    }
}
