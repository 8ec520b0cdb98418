using System.Reflection;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// The base of generated classifiers on the torch engine: a TorchSharp module from images <c>[N, 3, H, W]</c> to logits <c>[N, classes]</c>
/// that also knows how to read an image, prepare its pixels and name the result. Predicting and explaining are safe from several threads at once; training
/// and moving between devices are not. <c>Predict</c> runs a form of the network made for inference, with the weights of the first
/// prediction after loading, <c>train</c> or <c>eval</c>: call <c>eval</c> after changing weights in any other way.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public abstract class ImageClassifier<TLabel> : ModuleTree, IPixelClassifier<TLabel>, IImageExplainer<TLabel>
    where TLabel : struct, Enum
{
    /// <summary>The most files of one pass: more gain no speed, but take memory.</summary>
    private const int BatchSize = 16;

    private readonly Predictor _predictor;
    private readonly ImageExplainer<TLabel> _explainer;
    private readonly InferenceForm _inference;
    private readonly Uses _uses;

    static ImageClassifier() => NativeLibraries.Load();

    /// <summary>Makes a classifier; the derived class registers its layers.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="inputSize">The size that images are brought to.</param>
    /// <param name="pixelTransform">What happens to pixels.</param>
    /// <param name="labels">The texts of the labels in the order of the outputs; the names of the enum's members if null.</param>
    /// <param name="layers">A digest of the layers, which a weight file must have, too; null to accept every file whose tensors fit.</param>
    /// <param name="mirror">Whether predictions also look at the mirrored image.</param>
    /// <param name="resize">How images are resized before the centre of the input's size is cut out; if null, they just cover it.</param>
    protected ImageClassifier(
        string name, ImageSize inputSize, PixelTransform pixelTransform, IReadOnlyList<string>? labels = null, string? layers = null, bool mirror = false,
        ImageResize? resize = null)
        : base(name)
    {
        PixelTransform = pixelTransform;
        if (layers is not null) Meaning = new WeightsMeaning(labels ?? Enum.GetNames<TLabel>(), inputSize, pixelTransform, layers, resize);
        _inference = new InferenceForm(Describe);
        _uses = new Uses(Free);
        _predictor = new Predictor(this, inputSize, resize, mirror);
        _explainer = new ImageExplainer<TLabel>(_predictor, ComputeHeat);
    }

    /// <inheritdoc />
    public ImageSize InputSize => _predictor.InputSize;

    /// <inheritdoc cref="ImagePredictor{TLabel}.Resize"/>
    public ImageResize? Resize => _predictor.Resize;

    /// <summary>What happens to pixels before they enter the network.</summary>
    public PixelTransform PixelTransform { get; }

    /// <inheritdoc cref="ImagePredictor{TLabel}.Mirror"/>
    public bool Mirror => _predictor.Mirror;

    /// <inheritdoc cref="ImagePredictor{TLabel}.Certainty"/>
    public Certainty Certainty => _predictor.Certainty;

    /// <summary>What the numbers of a weight file must mean to be loaded; null if every file whose tensors fit is accepted.</summary>
    public WeightsMeaning? Meaning { get; }

    /// <inheritdoc cref="ImagePredictor{TLabel}.ImageLimits"/>
    public ImageLimits ImageLimits
    {
        get => _predictor.ImageLimits;
        set => _predictor.ImageLimits = value;
    }

    /// <summary>Images to logits, through every layer.</summary>
    /// <param name="input">float32 <c>[N, 3, H, W]</c>, prepared by <see cref="PixelTransform"/>.</param>
    /// <returns>Logits <c>[N, classes]</c>; <c>Predict</c> applies the softmax.</returns>
    public sealed override Tensor forward(Tensor input) => ForwardPass.Run(input, Describe);

    /// <inheritdoc />
    public override void train(bool train = true)
    {
        base.train(train);
        _inference.Forget();
    }

    /// <inheritdoc />
    public Prediction<TLabel> Predict(string path) => _predictor.Predict(path);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(Stream stream) => _predictor.Predict(stream);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded) => _predictor.Predict(encoded);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height) => _predictor.Predict(pixels, width, height);

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<string> paths) => _predictor.Predict(paths);

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded) => _predictor.Predict(encoded);

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default) =>
        _predictor.PredictAsync(path, cancellationToken);

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default) =>
        _predictor.PredictAsync(stream, cancellationToken);

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default) =>
        _predictor.PredictAsync(encoded, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) =>
        _predictor.PredictAsync(paths, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default) =>
        _predictor.PredictAsync(encoded, cancellationToken);

    /// <inheritdoc />
    public IAsyncEnumerable<FilePrediction<TLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        _predictor.PredictFilesAsync(paths, cancellationToken);

    /// <inheritdoc />
    public float[] Embed(string path) => _predictor.Embed(path);

    /// <inheritdoc />
    public float[] Embed(Stream stream) => _predictor.Embed(stream);

    /// <inheritdoc />
    public float[] Embed(ReadOnlySpan<byte> encoded) => _predictor.Embed(encoded);

    /// <inheritdoc />
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths) => _predictor.Embed(paths);

    /// <inheritdoc />
    public Explanation<TLabel> Explain(string path, TLabel? label = null) => _explainer.Explain(path, label);

    /// <inheritdoc />
    public Explanation<TLabel> Explain(Stream stream, TLabel? label = null) => _explainer.Explain(stream, label);

    /// <inheritdoc />
    public Explanation<TLabel> Explain(ReadOnlySpan<byte> encoded, TLabel? label = null) => _explainer.Explain(encoded, label);

    /// <inheritdoc />
    public Explanation<TLabel> Explain(ReadOnlySpan<byte> pixels, int width, int height, TLabel? label = null) =>
        _explainer.Explain(pixels, width, height, label);

    /// <inheritdoc />
    public Task<Explanation<TLabel>> ExplainAsync(ReadOnlyMemory<byte> encoded, TLabel? label = null, CancellationToken cancellationToken = default) =>
        _explainer.ExplainAsync(encoded, label, cancellationToken);

    /// <summary>The tensors that a weight file holds, by state-dict key, in the order of the layers.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights() => ModuleState.Of(this);

    /// <inheritdoc />
    Task<ArraySegment<byte>> IPixelClassifier<TLabel>.ReadAsync(string path, CancellationToken cancellationToken) =>
        ((IPixelClassifier<TLabel>)_predictor).ReadAsync(path, cancellationToken);

    /// <inheritdoc />
    Task<ArraySegment<byte>> IPixelClassifier<TLabel>.ReadAsync(Stream stream, CancellationToken cancellationToken) =>
        ((IPixelClassifier<TLabel>)_predictor).ReadAsync(stream, cancellationToken);

    /// <inheritdoc />
    byte[] IPixelClassifier<TLabel>.Decode(ReadOnlySpan<byte> encoded, string? path) => ((IPixelClassifier<TLabel>)_predictor).Decode(encoded, path);

    /// <inheritdoc />
    Prediction<TLabel>[] IPixelClassifier<TLabel>.Classify(byte[] pixels, int count) => ((IPixelClassifier<TLabel>)_predictor).Classify(pixels, count);

    /// <summary>Takes a pass through the layers.</summary>
    protected abstract void Describe(ref ForwardPass pass);

    /// <summary>Frees the network, when the predictions that run have ended.</summary>
    /// <param name="disposing">Whether this is called by <c>Dispose</c>.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _uses.Dispose();
        else base.Dispose(false);
    }

    /// <summary>Fills the network from a safetensors file and makes it ready to predict.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, does not fit the network, or was trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadFile(string path, ClassifierLoadOptions? options = null) => Use(WeightLoader.LoadFile(this, Meaning, path, options), options);

    /// <summary>Fills the network from the resource that the build embedded and makes it ready to predict.</summary>
    /// <param name="assembly">The assembly that has the resource.</param>
    /// <param name="resource">Its name.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without trained weights, or the device does not exist.</exception>
    /// <exception cref="InvalidDataException">The weights do not fit the network, or were trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadResource(Assembly assembly, string resource, ClassifierLoadOptions? options = null) =>
        Use(WeightLoader.LoadResource(this, Meaning, assembly, resource, options), options);

    private void Use(IReadOnlyDictionary<string, string> notes, ClassifierLoadOptions? options)
    {
        options ??= new ClassifierLoadOptions();
        _predictor.Certainty = Certainty.Read(notes);
        if (!options.SelfCheck || !notes.TryGetValue(GoldenAnswers.Key, out string? golden)) return;
        double[] exact = GoldenAnswers.Parse(golden, Enum.GetValues<TLabel>().Length);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        (InferenceNetwork body, InferenceNetwork head) = _inference.For(CurrentDevice());
        ClassifierCheck.Run(this, [body, head], Prepare(CheckImage.Create(InputSize)), exact, options.Warn);
    }

    private void Free()
    {
        _inference.Forget();
        base.Dispose(true);
    }

    /// <summary>What enters the network, on its device.</summary>
    private Tensor Prepare(Span<byte> pixels) => PixelTransform.Apply(PixelTensors.ToTensor(pixels, InputSize).to(CurrentDevice()));

    /// <summary>Computes the heat of one image of the input's size, layer by layer, with the weights as they are.</summary>
    private NetworkHeat ComputeHeat(byte[] pixels, int label)
    {
        _uses.Begin(this);
        try
        {
            using DisposeScope scope = NewDisposeScope();
            return HeatPass.Run(Describe, Prepare(pixels), label, Mirror);
        }
        finally
        {
            _uses.End();
        }
    }

    private Device CurrentDevice() => parameters().First().device;

    /// <summary>The network as what predicts sees it.</summary>
    private sealed class Predictor(ImageClassifier<TLabel> owner, ImageSize inputSize, ImageResize? resize, bool mirror)
        : ImagePredictor<TLabel>(inputSize, resize, mirror, BatchSize)
    {
        internal override float[] ComputeLogits(byte[] pixels, int count) => Compute(pixels, count, static (network, input) =>
        {
            Tensor logits = network.Head.Forward(network.Body.Forward(input));
            return logits.to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        });

        internal override float[][] ComputeFeatures(byte[] pixels, int count) =>
            Compute(pixels, count, static (network, input) => ChannelMeans.Compute(network.Body.Forward(input)));

        private T Compute<T>(byte[] pixels, int count, Func<(InferenceNetwork Body, InferenceNetwork Head), Tensor, T> run)
        {
            owner._uses.Begin(owner);
            try
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable inference = inference_mode();
                return run(owner._inference.For(owner.CurrentDevice()), owner.Prepare(pixels.AsSpan(0, count * InputSize.Bytes)));
            }
            finally
            {
                owner._uses.End();
            }
        }
    }
}
