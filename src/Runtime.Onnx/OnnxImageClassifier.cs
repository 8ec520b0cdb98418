using System.Reflection;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Weights;

namespace FineTune;

/// <summary>
/// The base of generated classifiers on ONNX Runtime: the model that the build made of the trained network. It has the members of those on
/// the torch engine except for the layers. Predicting is safe from several threads at once.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public abstract class OnnxImageClassifier<TLabel> : ImagePredictor<TLabel>, IDisposable
    where TLabel : struct, Enum
{
    /// <summary>The most files of one pass: more gain no speed, but take memory.</summary>
    private const int BatchSize = 8;

    private readonly string _name;
    private OnnxNetwork? _network;

    /// <summary>Makes a classifier without a model; the derived class loads one before anybody else sees it.</summary>
    /// <param name="name">The class's name, which messages use.</param>
    /// <param name="inputSize">The size that images are brought to.</param>
    /// <param name="pixelTransform">What happens to pixels.</param>
    /// <param name="labels">The texts of the labels in the order of the outputs; the names of the enum's members if null.</param>
    /// <param name="layers">A digest of the layers, which a model must have, too; null to accept every model whose input and outputs fit.</param>
    /// <param name="mirror">Whether predictions also look at the mirrored image.</param>
    /// <param name="resize">How images are resized before the centre of the input's size is cut out; if null, they just cover it.</param>
    protected OnnxImageClassifier(
        string name, ImageSize inputSize, PixelTransform pixelTransform, IReadOnlyList<string>? labels = null, string? layers = null, bool mirror = false,
        ImageResize? resize = null)
        : base(inputSize, resize, mirror, BatchSize)
    {
        _name = name;
        PixelTransform = pixelTransform;
        if (layers is not null) Meaning = new WeightsMeaning(labels ?? Enum.GetNames<TLabel>(), inputSize, pixelTransform, layers, resize);
    }

    /// <summary>What happens to pixels before they enter the network.</summary>
    public PixelTransform PixelTransform { get; }

    /// <summary>What the numbers of a model must mean to be loaded; null if every model whose input and outputs fit is accepted.</summary>
    public WeightsMeaning? Meaning { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the model.</summary>
    /// <param name="disposing">Whether this is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _network?.Dispose();
    }

    /// <summary>Loads a model from an ONNX file and makes it ready to predict.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, does not fit the class, or was trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadFile(string path, ClassifierLoadOptions? options = null) => Use(() => File.ReadAllBytes(path), $"'{path}'", options);

    /// <summary>Loads the model that the build embedded and makes it ready to predict.</summary>
    /// <param name="assembly">The assembly that has the resource.</param>
    /// <param name="resource">Its name.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without trained weights, or the device does not exist.</exception>
    /// <exception cref="InvalidDataException">The model does not fit the class, or was trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadResource(Assembly assembly, string resource, ClassifierLoadOptions? options = null)
    {
        Use(Read, EmbeddedWeights.Describe(assembly), options);

        byte[] Read()
        {
            using Stream stream = EmbeddedWeights.Open(assembly, resource, _name);
            byte[] model = GC.AllocateUninitializedArray<byte>(checked((int)stream.Length));
            stream.ReadExactly(model);
            return model;
        }
    }

    internal override float[] ComputeLogits(byte[] pixels, int count) => Run(OnnxNetwork.Logits, pixels, count);

    /// <inheritdoc />
    internal override double[] ComputeProbabilities(byte[] pixels, int count) =>
        // The model computes them, of the mirrored images too, and at its temperature.
        [.. Run(OnnxNetwork.Probabilities, pixels, count)];

    internal override float[][] ComputeFeatures(byte[] pixels, int count)
    {
        float[] features = Run(OnnxNetwork.Features, pixels, count);
        return [.. features.Chunk(features.Length / count)];
    }

    private float[] Run(string output, byte[] pixels, int count) =>
        Network.Run(output, PreparedPixels.Of(pixels, count, InputSize, PixelTransform), count);

    private OnnxNetwork Network => _network ?? throw new InvalidOperationException($"{_name} has not been loaded.");

    private void Use(Func<byte[]> read, string source, ClassifierLoadOptions? options)
    {
        options ??= new ClassifierLoadOptions();
        _network?.Dispose();
        int classes = Enum.GetValues<TLabel>().Length;
        _network = OnnxNetwork.Load(read, new OnnxShape(InputSize, classes), options, source);
        Meaning?.Require(_network.Metadata, source, _name);
        Certainty = Certainty.Read(_network.Metadata);
        if (options.SelfCheck && _network.Metadata.TryGetValue(GoldenAnswers.Key, out string? golden))
        {
            float[] input = PreparedPixels.Of(CheckImage.Create(InputSize), 1, InputSize, PixelTransform);
            _network = OnnxCheck.Run(_network, input, GoldenAnswers.Parse(golden, classes), _name, options.Warn);
        }
    }
}
