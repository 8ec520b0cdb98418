using ModelSpec.Text;

namespace ModelSpec.Language;

/// <summary>A spec as it is written, with the position of every value. <see cref="SpecReader"/> reads it.</summary>
/// <param name="Path">The file, as diagnostics name it.</param>
/// <param name="Model">The class to generate and its classes.</param>
/// <param name="Data">Where images come from and how they are split and augmented.</param>
/// <param name="Backbone">The pretrained body.</param>
/// <param name="Head">What replaces the backbone's own top.</param>
/// <param name="Stages">The training stages in order; at least one.</param>
/// <param name="Predict">How the trained network answers.</param>
/// <param name="Processors">What changes training images after the built-in augmentation, in order.</param>
/// <param name="Evaluators">What computes metrics of the trained network in addition to the built-in report.</param>
/// <param name="Exports">The formats that the trained network is written in, in addition to its weights.</param>
public sealed record Spec(
    string Path, ModelSection Model, DataSection Data, BackboneSection Backbone, HeadSection Head, EquatableArray<StageSection> Stages,
    PredictSection Predict, EquatableArray<PartSection> Processors, EquatableArray<PartSection> Evaluators, EquatableArray<PartSection> Exports)
{
    /// <summary>What is required of the trained network.</summary>
    public QualitySection Quality { get; init; } = QualitySection.None;
}

/// <summary>The <c>[predict]</c> table.</summary>
/// <param name="Mirror">Whether the mirrored image is evaluated, too, and the mean of both probabilities is returned.</param>
public sealed record PredictSection(bool Mirror)
{
    /// <summary>Whether a temperature for the logits is fitted on validation images; null if it is not written.</summary>
    public Located<bool>? Calibrate { get; init; }

    /// <summary>The share of certain answers that shall be right; null if it is not written.</summary>
    public Located<double>? Accept { get; init; }
}

/// <summary>The <c>[model]</c> table.</summary>
public sealed record ModelSection(
    Located<string> Name, Located<string>? Namespace, EquatableArray<Located<string>> Classes, SourceSpan ClassesSpan, long Seed);

/// <summary>The <c>[data]</c> table.</summary>
/// <param name="Source">The source as it is written.</param>
/// <param name="Split">How images are divided.</param>
/// <param name="Augmentation">Random changes of training images, or null.</param>
/// <param name="Importer">What the source means: the importer, its argument, and its own keys of the table.</param>
/// <param name="SplitPlaces">The positions of the values of <paramref name="Split"/>.</param>
public sealed record DataSection(
    Located<string> Source, Located<Split> Split, Augmentation? Augmentation, PartSection Importer, SplitPlaces SplitPlaces)
{
    /// <summary>Folders with images of none of the classes, relative to the spec.</summary>
    public EquatableArray<Located<string>> Outside { get; init; } = [];

    /// <summary>Which images the split keeps in one part; null if it is not written.</summary>
    public Located<ImageGrouping>? Group { get; init; }

    /// <summary>The names of images whose warnings were looked at.</summary>
    public EquatableArray<Located<string>> Allow { get; init; } = [];
}

/// <summary>The positions of the values of a split; that of <c>official</c> for all parts of an official split.</summary>
/// <param name="Train">That of <c>train</c>.</param>
/// <param name="Validation">That of <c>validation</c>; that of <c>train</c> if there is none.</param>
/// <param name="Test">That of <c>test</c>.</param>
public sealed record SplitPlaces(SourceSpan Train, SourceSpan Validation, SourceSpan Test);

/// <summary>How images are divided: by fractions, by folders, by lists of files or as the dataset's publisher does.</summary>
public abstract record Split;

/// <summary>Fractions of each class, drawn with the seed; they sum to 1.</summary>
public sealed record FractionSplit(double Train, double Validation, double Test) : Split;

/// <summary>Folders below the source, for data that is already split.</summary>
public sealed record FolderSplit(string Train, string? Validation, string Test) : Split;

/// <summary>Lists of images: text files with one path per line, whose own paths are relative to the spec.</summary>
public sealed record ListSplit(string Train, string? Validation, string Test) : Split
{
    /// <summary>The extension of lists; other names in a split are those of folders.</summary>
    public const string Extension = ".txt";

    /// <summary>Whether a value of a split names a list, and not a folder.</summary>
    public static bool IsList(string name) => name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What fills the pixels that a warp uncovers.</summary>
public enum FillMode
{
    /// <summary>The nearest edge pixel.</summary>
    Nearest,

    /// <summary>Black.</summary>
    Constant,

    /// <summary>The image mirrored at its edge.</summary>
    Reflect,

    /// <summary>The image repeated.</summary>
    Wrap,
}

/// <summary>
/// Random changes of a training image, with the names and meanings of Keras's <c>ImageDataGenerator</c>.
/// </summary>
/// <param name="Rotation">Degrees; an angle is drawn from ± this.</param>
/// <param name="WidthShift">A fraction of the width; a shift is drawn from ± this.</param>
/// <param name="HeightShift">A fraction of the height; a shift is drawn from ± this.</param>
/// <param name="Shear">The shear angle in degrees; an angle is drawn from ± this.</param>
/// <param name="Zoom">Each axis is scaled by a factor drawn from [1 - zoom, 1 + zoom].</param>
/// <param name="HorizontalFlip">Whether half of the images are mirrored.</param>
/// <param name="Brightness">Pixels are multiplied by a factor drawn from [1 - brightness, 1 + brightness].</param>
/// <param name="Fill">What fills uncovered pixels.</param>
/// <param name="Views">
/// How many changed versions of each image a stage uses in turn, one per epoch. 0 for a new version in every epoch.
/// </param>
public sealed record Augmentation(
    double Rotation, double WidthShift, double HeightShift, double Shear, double Zoom, bool HorizontalFlip, double Brightness, FillMode Fill,
    int Views = 0);

/// <summary>The <c>[backbone]</c> table.</summary>
public sealed record BackboneSection(
    Located<string> Architecture, Located<string> Weights, Located<(int Height, int Width)>? Input, Located<double>? Width,
    Located<string>? Preprocess, SourceSpan Span);

/// <summary>The <c>[head]</c> table.</summary>
public sealed record HeadSection(EquatableArray<Located<HeadLayer>> Layers, SourceSpan Span);

/// <summary>A layer of the head as written: a word and, for some, an argument.</summary>
public sealed record HeadLayer(string Word, double? Argument);

/// <summary>A <c>[[stage]]</c> table.</summary>
public sealed record StageSection(
    Located<string> Name, Located<string> Freeze, int Epochs, int BatchSize, Optimizer Optimizer, BackboneRates BackboneRates, Schedule Schedule,
    Regularization Regularization, Located<EarlyStopping>? EarlyStopping, int? Shards, SourceSpan Span);

/// <summary>
/// The learning rates of the backbone's layers, if they differ from that of the head. They are set per group: neighbouring layers whose names
/// have the same first number.
/// </summary>
/// <param name="LearningRate">The learning rate of the group next to the head; null for the stage's rate times <paramref name="LayerDecay"/>.</param>
/// <param name="LayerDecay">
/// The factor from each group to the next one further from the head, as in timm (<c>layer_decay</c>); 1 for the same rate.
/// </param>
public sealed record BackboneRates(double? LearningRate, double LayerDecay)
{
    /// <summary>The backbone learns as fast as the head.</summary>
    public static BackboneRates SameAsHead { get; } = new(null, 1);
}

/// <summary>How the learning rate changes after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>It does not change.</summary>
    Constant,

    /// <summary>It is multiplied by gamma every few epochs.</summary>
    Step,

    /// <summary>It decreases along half a cosine.</summary>
    Cosine,
}

/// <summary>The learning rate of each epoch, as a share of the stage's.</summary>
/// <param name="Kind">How it changes after the warm-up.</param>
/// <param name="WarmupEpochs">Epochs in which it increases linearly.</param>
/// <param name="StepSize">For <see cref="ScheduleKind.Step"/>: epochs between two steps.</param>
/// <param name="Gamma">For <see cref="ScheduleKind.Step"/>: the factor of a step.</param>
/// <param name="EtaMin">For <see cref="ScheduleKind.Cosine"/>: the learning rate that it decreases to.</param>
public sealed record Schedule(ScheduleKind Kind, int WarmupEpochs, int StepSize, double Gamma, double EtaMin)
{
    /// <summary>The same learning rate in every epoch.</summary>
    public static Schedule Constant { get; } = new(ScheduleKind.Constant, 0, 1, 0.1, 0);

    /// <summary>
    /// The learning rate of an epoch: linear warm-up, then PyTorch's <c>StepLR</c> or <c>CosineAnnealingLR</c> in closed form.
    /// </summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="epochs">All epochs of the stage.</param>
    /// <param name="learningRate">The stage's learning rate.</param>
    public double LearningRate(int epoch, int epochs, double learningRate)
    {
        if (epoch <= WarmupEpochs) return learningRate * epoch / (WarmupEpochs + 1);
        int passed = epoch - 1 - WarmupEpochs;
        return Kind switch
        {
            ScheduleKind.Step => learningRate * Math.Pow(Gamma, passed / StepSize),
            ScheduleKind.Cosine => EtaMin + (learningRate - EtaMin) * (1 + Math.Cos(Math.PI * passed / (epochs - WarmupEpochs))) / 2,
            _ => learningRate,
        };
    }
}

/// <summary>Limits overfitting and the size of steps.</summary>
/// <param name="LabelSmoothing">The share of each label that is spread over all classes, in [0, 1).</param>
/// <param name="BalancedClasses">Whether rare classes weigh more: images / (classes × images of the class), as scikit-learn balances.</param>
/// <param name="ClipNorm">The largest norm of all gradients together, or null.</param>
public sealed record Regularization(double LabelSmoothing, bool BalancedClasses, double? ClipNorm)
{
    /// <summary>Nothing.</summary>
    public static Regularization None { get; } = new(0, false, null);
}

/// <summary>Ends a stage when the validation loss has not improved for a number of epochs; the best weights are kept.</summary>
public sealed record EarlyStopping(int Patience);

/// <summary>The optimizers of the language.</summary>
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent.</summary>
    Sgd,

    /// <summary>RMSprop, with PyTorch's defaults.</summary>
    RmsProp,

    /// <summary>Adam.</summary>
    Adam,

    /// <summary>Adam with decoupled weight decay.</summary>
    AdamW,
}

/// <summary>
/// An optimizer with all of its parameters, with PyTorch's names and defaults. Parameters that the kind does not have keep their defaults, so that
/// equal settings are equal records.
/// </summary>
public sealed record Optimizer(OptimizerKind Kind, double LearningRate)
{
    /// <summary>Momentum of SGD and RMSprop.</summary>
    public double Momentum { get; init; }

    /// <summary>Dampening of SGD's momentum.</summary>
    public double Dampening { get; init; }

    /// <summary>Whether SGD uses Nesterov momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>L2 penalty; decoupled in AdamW.</summary>
    public double WeightDecay { get; init; }

    /// <summary>RMSprop's smoothing of squared gradients.</summary>
    public double Alpha { get; init; } = 0.99;

    /// <summary>Whether RMSprop normalises by the variance.</summary>
    public bool Centered { get; init; }

    /// <summary>What is added to the denominator.</summary>
    public double Eps { get; init; } = 1e-8;

    /// <summary>Adam's smoothing of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's smoothing of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Whether Adam keeps the maximum of squared gradients.</summary>
    public bool Amsgrad { get; init; }
}
