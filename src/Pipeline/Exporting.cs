namespace FineTune.Pipeline;

/// <summary>Writes a trained network in another form: a table <c>[[export]]</c> with <c>format = "NAME"</c>.</summary>
public interface IModelExporter : IPipelinePart
{
    /// <summary>The names of the files that it writes, relative to the spec's folder. The build knows them before anything is written.</summary>
    /// <param name="specName">The spec's name without its extension.</param>
    /// <param name="values">The values of the exporter's parameters.</param>
    IReadOnlyList<string> Outputs(string specName, PartValues values);

    /// <summary>Writes every file of <see cref="Outputs"/>.</summary>
    /// <exception cref="PipelineException">The network cannot be written in this form.</exception>
    void Export(ExportContext context);
}

/// <summary>What an exporter is given.</summary>
public sealed record ExportContext : PartContext
{
    /// <summary>The spec's name without its extension.</summary>
    public required string SpecName { get; init; }

    /// <summary>The trained network.</summary>
    public required TrainedModel Model { get; init; }

    /// <summary>
    /// Opens one of the files of <see cref="IModelExporter.Outputs"/> to be written. The files take their places when the exporter is done
    /// without an error; nothing half-written is left.
    /// </summary>
    public required Func<string, Stream> Create { get; init; }

    /// <summary>
    /// The images of a part of the spec's dataset, for exporters that measure what they write: images that cannot be read are left out. Each
    /// pass over them decodes them anew, so that they need not fit into memory. Where the dataset is not on this machine, the call throws a
    /// <see cref="PipelineException"/>: nothing is downloaded for an export.
    /// </summary>
    public Func<DatasetPart, IEnumerable<PreparedImage>> Images { get; init; } =
        static _ => throw new PipelineException("There are no images.");

    /// <summary>
    /// Keeps a figure that the exporter measured of what it writes, an accuracy for example: it is in the lock next to the spec. The name is
    /// of lower-case letters, digits and underscores.
    /// </summary>
    public Action<string, double> Record { get; init; } = static (_, _) => { };

    /// <summary>
    /// Those images of a part of the spec's dataset that have one of the given names, in the order of the dataset: nothing else is decoded.
    /// Otherwise as <see cref="Images"/>.
    /// </summary>
    public Func<DatasetPart, IReadOnlyCollection<string>, IEnumerable<PreparedImage>> NamedImages { get; init; } =
        static (_, _) => throw new PipelineException("There are no images.");

    /// <summary>
    /// Random versions of training images as the first stage sees them: the number of images and the number of versions of each are given,
    /// and the versions of the first image come first. Empty if training changes no images or if the dataset is not on this machine.
    /// </summary>
    public Func<int, int, IReadOnlyList<PreparedImage>> AugmentedImages { get; init; } = static (_, _) => [];

    /// <summary>
    /// What the network answers to the test images: from the training, or computed when it is asked for the first time. Null if neither is
    /// possible on this machine.
    /// </summary>
    public Func<ImageAnswers?> TestAnswers { get; init; } = static () => null;

    /// <summary>
    /// Which places of an image the network's answer comes from: the image and the index of the class that is explained are given. Null if the network
    /// has no layer whose output has rows and columns.
    /// </summary>
    public Func<PreparedImage, int, ImageHeat?> Explain { get; init; } = static (_, _) => null;

    /// <summary>What is known of the training.</summary>
    public TrainingRecord Training { get; init; } = TrainingRecord.Unknown;
}

/// <summary>An image of a dataset, resized and cut to the network's input.</summary>
/// <param name="Name">What it is called in every record.</param>
/// <param name="Class">The index of its class.</param>
/// <param name="Pixels">uint8 <c>[H, W, 3]</c>: red, green and blue of each pixel, row by row. Channels are not normalised.</param>
public sealed record PreparedImage(string Name, int Class, ReadOnlyMemory<byte> Pixels);

/// <summary>How much each place of an image counts for an answer, on a grid that covers the network's input.</summary>
/// <param name="Method">How it was computed: <c>grad-cam</c>, or <c>attention-rollout</c>, which is the same for every class.</param>
/// <param name="Height">The rows of the grid.</param>
/// <param name="Width">The columns of the grid.</param>
/// <param name="Values">The values in [0, 1], rows first.</param>
public sealed record ImageHeat(string Method, int Height, int Width, ReadOnlyMemory<float> Values);

/// <summary>A trained network.</summary>
/// <param name="Name">The class that is generated from it.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Columns of the input.</param>
/// <param name="Tensors">The weights by state-dict key, in the order of the layers.</param>
/// <param name="Metadata">The metadata of the weight file: classes, preprocessing, accuracy and so on.</param>
public sealed record TrainedModel(
    string Name, int InputHeight, int InputWidth, IReadOnlyList<TrainedTensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>What is computed with the weights.</summary>
    public required NetworkGraph Network { get; init; }

    /// <summary>How an image becomes the input.</summary>
    public required InputPreparation Preparation { get; init; }

    /// <summary>The digest of the weight file: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public required string Digest { get; init; }

    /// <summary>The fingerprint of everything that the weights came from, as the lock next to the spec has it; null if no lock records these weights.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The licence of the pretrained weights that the training began with, as their publisher states it; null if none is known.</summary>
    public string? WeightsLicence { get; init; }
}

/// <summary>A tensor of a trained network.</summary>
/// <param name="Key">Its name in the state dict.</param>
/// <param name="Shape">Its dimensions in PyTorch's order.</param>
/// <param name="Values">Its numbers, row-major.</param>
public sealed record TrainedTensor(string Key, IReadOnlyList<long> Shape, ReadOnlyMemory<float> Values);
