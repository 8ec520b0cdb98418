using ModelSpec.Backbones;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Networks;

namespace ModelSpec.Plans;

/// <summary>
/// What a spec means: a network, what it starts from, its data and its stages. It is immutable, compares by value and contains no positions.
/// Consumers that do not train read only its <see cref="Network"/>.
/// </summary>
/// <param name="Network">The network.</param>
/// <param name="Seed">The seed of split, shuffling, augmentation, dropout and initial weights.</param>
/// <param name="WeightSet">The weight set of the catalogue, or null for a file or for random weights.</param>
/// <param name="WeightFile">The weight file as the spec names it, or null.</param>
/// <param name="Stages">The training stages.</param>
/// <param name="Augmentation">Random changes of training images, or null.</param>
/// <param name="Split">How images are divided.</param>
/// <param name="Source">The dataset as the spec names it.</param>
/// <param name="Importer">What finds the images of the dataset.</param>
/// <param name="Processors">What changes training images after <paramref name="Augmentation"/>, in order.</param>
/// <param name="Evaluators">What computes metrics of the trained network in addition to the built-in report.</param>
/// <param name="Exports">The formats that the trained network is written in, in addition to its weights.</param>
public sealed record TrainingPlan(
    Network Network, long Seed, WeightSet? WeightSet, string? WeightFile, EquatableArray<Stage> Stages, Augmentation? Augmentation, Split Split,
    string Source, PartUse Importer, EquatableArray<PartUse> Processors, EquatableArray<PartUse> Evaluators, EquatableArray<PartUse> Exports)
{
    /// <summary>What the trained network learns from validation images about its own answers.</summary>
    public CertaintyPlan Certainty { get; init; } = CertaintyPlan.None;

    /// <summary>Which images <see cref="Split"/> keeps in one part.</summary>
    public ImageGrouping Grouping { get; init; }

    /// <summary>The numbers that a stage trains.</summary>
    public long TrainableParameters(Stage stage) => Network.Layers.Where(stage.Trains).Sum(static l => l.LearntParameters);

    /// <summary>
    /// The layers that a stage trains, by how their learning rate relates to the stage's: the head first, then the groups of the backbone
    /// from the head down.
    /// </summary>
    /// <param name="stage">The stage.</param>
    /// <returns>The factor on the stage's learning rate, and the layers that learn at it; layers of equal factors are together.</returns>
    public IReadOnlyList<(double Factor, EquatableArray<Layer> Layers)> LearningRates(Stage stage)
    {
        (double? own, double decay) = (stage.BackboneRates.LearningRate, stage.BackboneRates.LayerDecay);
        double factor = own is { } rate ? rate / stage.Optimizer.LearningRate : decay;
        List<(double Factor, Layer Layer)> rates = [.. Network.Head.Select(static layer => (1.0, layer))];
        string? group = null;
        foreach (Layer layer in Network.Body.Where(static l => l.LearntParameters > 0).Reverse())
        {
            if (group is not null && layer.Group != group) factor *= decay;
            group = layer.Group;
            rates.Add((factor, layer));
        }
        return [.. rates.Where(entry => stage.Trains(entry.Layer)).GroupBy(static entry => entry.Factor)
            .Select(static group => (group.Key, group.Select(static entry => entry.Layer).OrderBy(static layer => layer.Index).ToEquatableArray()))];
    }

    /// <summary>
    /// The number of layers at the start of the network that are frozen in <paramref name="stage"/> and whose output is a single tensor. The output does
    /// not change during the stage, so it can be computed once. If a branch bypasses the first layer that learns, the frozen layers end before
    /// that branch begins.
    /// </summary>
    public int FrozenPrefix(Stage stage)
    {
        EquatableArray<Layer> layers = Network.Layers;
        int end = layers.FirstOrDefault(layer => stage.Trains(layer) || (layer.IsRandom && !stage.Freezes(layer)))?.Index ?? layers.Count;
        int[] lastReader = new int[layers.Count];
        foreach (Layer layer in layers)
        {
            foreach (int input in layer.Inputs) lastReader[input] = layer.Index;
        }

        // Before a layer d, a layer earlier than d - 1 must not be read by d or any after it.
        int prefix = 0, lastRead = 0;
        for (int d = 1; d <= end; d++)
        {
            if (d >= 2) lastRead = Math.Max(lastRead, lastReader[d - 2]);
            if (lastRead < d) prefix = d;
        }
        return prefix;
    }
}
