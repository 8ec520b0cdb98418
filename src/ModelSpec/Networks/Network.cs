using ModelSpec.Backbones;
using ModelSpec.Language;

namespace ModelSpec.Networks;

/// <summary>A class of the classifier: the text of the spec and the enum member made from it.</summary>
public sealed record ClassLabel(string Text, string Member);

/// <summary>A training stage with its freeze range resolved.</summary>
/// <param name="Name">What progress messages call it.</param>
/// <param name="Frozen">The indices of the frozen layers, ascending.</param>
/// <param name="Epochs">How often the training images are seen.</param>
/// <param name="BatchSize">Images per step.</param>
/// <param name="Optimizer">The optimizer, with the learning rate of the head.</param>
/// <param name="BackboneRates">How fast the layers of the backbone learn.</param>
/// <param name="Schedule">The learning rate of each epoch.</param>
/// <param name="Regularization">What keeps it from learning too much.</param>
/// <param name="EarlyStopping">When it ends early, or null.</param>
public sealed record Stage(
    string Name, EquatableArray<int> Frozen, int Epochs, int BatchSize, Optimizer Optimizer, BackboneRates BackboneRates, Schedule Schedule,
    Regularization Regularization, EarlyStopping? EarlyStopping)
{
    /// <summary>Whether a layer is frozen in this stage.</summary>
    public bool Freezes(Layer layer) => Frozen.Contains(layer.Index);

    /// <summary>Whether a layer has something to learn and learns it in this stage.</summary>
    public bool Trains(Layer layer) => layer.LearntParameters > 0 && !Freezes(layer);
}

/// <summary>
/// What a spec means: the one description that the generator, the trainer, the inspector and the runtime's checks read. It is
/// immutable, compares by value and holds no places, so that moving lines about changes nothing.
/// </summary>
/// <param name="ClassName">The generated class.</param>
/// <param name="Namespace">Its namespace, or null for the project's root namespace.</param>
/// <param name="Classes">The labels in the order of the outputs.</param>
/// <param name="Seed">The seed of split, shuffling, augmentation, dropout and initial weights.</param>
/// <param name="Backbone">The backbone's name.</param>
/// <param name="WeightSet">The weight set of the catalogue, or null for a file or for random weights.</param>
/// <param name="WeightFile">The weight file as the spec names it, or null.</param>
/// <param name="TopKeys">How the names of the tensors of the backbone's own top begin in weight files.</param>
/// <param name="Preprocessing">What happens to pixels.</param>
/// <param name="Layers">Every layer in order: the backbone's, then the head's.</param>
/// <param name="BodyLength">How many of them are the backbone's; the index of the head's first layer.</param>
/// <param name="Stages">The training stages.</param>
/// <param name="Augmentation">Random changes of training images, or null.</param>
/// <param name="Split">How images are divided.</param>
/// <param name="Source">The dataset as the spec names it.</param>
/// <param name="Mirror">Whether the network also looks at the mirrored image, and the mean of both probabilities is the answer.</param>
public sealed record Network(
    string ClassName, string? Namespace, EquatableArray<ClassLabel> Classes, long Seed,
    string Backbone, WeightSet? WeightSet, string? WeightFile, EquatableArray<string> TopKeys, Preprocessing Preprocessing,
    EquatableArray<Layer> Layers, int BodyLength, EquatableArray<Stage> Stages,
    Augmentation? Augmentation, Split Split, string Source, bool Mirror)
{
    /// <summary>The input's height in pixels.</summary>
    public int InputHeight => Layers[0].Output.Height;

    /// <summary>The input's width in pixels.</summary>
    public int InputWidth => Layers[0].Output.Width;

    /// <summary>The backbone's layers.</summary>
    public IEnumerable<Layer> Body => Layers.Take(BodyLength);

    /// <summary>The head's layers.</summary>
    public IEnumerable<Layer> Head => Layers.Skip(BodyLength);

    /// <summary>The numbers that a stage trains.</summary>
    public long TrainableParameters(Stage stage) => Layers.Where(stage.Trains).Sum(static l => l.LearntParameters);

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
        List<(double Factor, Layer Layer)> rates = [.. Head.Select(static layer => (1.0, layer))];
        string? group = null;
        foreach (Layer layer in Body.Where(static l => l.LearntParameters > 0).Reverse())
        {
            if (group is not null && layer.Group != group) factor *= decay;
            group = layer.Group;
            rates.Add((factor, layer));
        }
        return [.. rates.Where(entry => stage.Trains(entry.Layer)).GroupBy(static entry => entry.Factor)
            .Select(static group => (group.Key, group.Select(static entry => entry.Layer).OrderBy(static layer => layer.Index).ToEquatableArray()))];
    }

    /// <summary>
    /// How many layers from the start are frozen in <paramref name="stage"/> without a gap in what has state: their output does not
    /// change during the stage, so it can be computed once.
    /// </summary>
    public int FrozenPrefix(Stage stage)
    {
        int first = Layers.FirstOrDefault(stage.Trains)?.Index ?? Layers.Count;
        int dropout = Layers.FirstOrDefault(static l => l is DropoutLayer)?.Index ?? Layers.Count;
        return Math.Min(first, dropout);
    }
}
