namespace FineTune.Pipeline;

/// <summary>What is known of the training of a network: its plan, and what its lock and the trainer's cache record of it.</summary>
public sealed record TrainingRecord
{
    /// <summary>A training of which nothing is known.</summary>
    public static TrainingRecord Unknown { get; } = new();

    /// <summary>The text of the spec.</summary>
    public string Spec { get; init; } = "";

    /// <summary>The dataset as the spec names it; empty if it is not known.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>The name of the backbone; empty if it is not known.</summary>
    public string Backbone { get; init; } = "";

    /// <summary>The name of the file of pretrained weights; null for random weights.</summary>
    public string? PretrainedWeights { get; init; }

    /// <summary>Where the pretrained weights are published; null if that is not known.</summary>
    public string? PretrainedUrl { get; init; }

    /// <summary>The layers in the order of their indices.</summary>
    public IReadOnlyList<TrainedLayer> Layers { get; init; } = [];

    /// <summary>The stages in the order in which they ran.</summary>
    public IReadOnlyList<TrainedStage> Stages { get; init; } = [];

    /// <summary>The lines of the lock in its order; empty if no lock records these weights.</summary>
    public IReadOnlyList<RecordedFact> Facts { get; init; } = [];

    /// <summary>The value of a line of the lock; null if there is no such line.</summary>
    /// <param name="table">The table; empty for keys above all tables.</param>
    /// <param name="key">The key.</param>
    /// <param name="index">The position in an array of tables, from 1; 0 for a single table.</param>
    public string? Find(string table, string key, int index = 0) =>
        Facts.FirstOrDefault(fact => fact.Table == table && fact.Index == index && fact.Key == key)?.Value;
}

/// <summary>A layer of a trained network, as the layer table shows it.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name; that of a layer of the head begins with <c>head.</c></param>
/// <param name="Type">Its type in the words of the language.</param>
/// <param name="Shape">What it puts out for one image, in PyTorch's order.</param>
/// <param name="Parameters">How many numbers it has, learnt or not.</param>
/// <param name="TrainedIn">The names of the stages that change it.</param>
public sealed record TrainedLayer(int Index, string Name, string Type, IReadOnlyList<long> Shape, long Parameters, IReadOnlyList<string> TrainedIn);

/// <summary>A stage of a training.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Epochs">The epochs of the plan. With early stopping, fewer may have run.</param>
/// <param name="BatchSize">Images in a step.</param>
/// <param name="Optimizer">The optimizer in the word of the language.</param>
/// <param name="LearningRate">The learning rate of the head.</param>
/// <param name="Parameters">How many numbers it changes.</param>
public sealed record TrainedStage(string Name, int Epochs, int BatchSize, string Optimizer, double LearningRate, long Parameters)
{
    /// <summary>The share of right answers to the test images after it, in [0, 1]; null if that is not known.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>The mean cross-entropy of the test images after it; null if that is not known.</summary>
    public double? TestLoss { get; init; }

    /// <summary>The figures of each epoch, in order; empty if they were not recorded. The epochs before an interruption may be missing.</summary>
    public IReadOnlyList<TrainedEpoch> History { get; init; } = [];
}

/// <summary>The figures of an epoch.</summary>
/// <param name="Epoch">The epoch within its stage, from 1.</param>
/// <param name="Loss">The mean loss of the training images while the network learnt from them.</param>
/// <param name="Accuracy">The share of right answers to them, in [0, 1].</param>
/// <param name="Seconds">How long the epoch took, with the evaluation of validation images.</param>
public sealed record TrainedEpoch(int Epoch, double Loss, double Accuracy, double Seconds)
{
    /// <summary>The mean loss of the validation images after the epoch; null if there are none.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The share of right answers to the validation images after the epoch, in [0, 1]; null if there are none.</summary>
    public double? ValidationAccuracy { get; init; }
}

/// <summary>A line of a lock.</summary>
/// <param name="Table">The table, for example <c>environment</c>; empty for keys above all tables.</param>
/// <param name="Index">The position in an array of tables, from 1; 0 for a single table.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value as TOML writes it, a string without its quotation marks.</param>
public sealed record RecordedFact(string Table, int Index, string Key, string Value);

/// <summary>What a trained network answers to images.</summary>
/// <param name="Images">The names of the images.</param>
/// <param name="Labels">The index of the true class of each.</param>
/// <param name="Logits">The logits of each image, row by row: as many as there are classes. Their softmax is what the network answers.</param>
public sealed record ImageAnswers(IReadOnlyList<string> Images, IReadOnlyList<int> Labels, ReadOnlyMemory<float> Logits);
