using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.ExceptionServices;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// The base of generated classifiers: a TorchSharp module from images <c>[N, 3, H, W]</c> to logits <c>[N, classes]</c> that also
/// knows how to read an image, prepare its pixels and name the result. Predicting is safe from several threads at once; training
/// and moving between devices are not. <c>Predict</c> runs a form of the network made for inference, with the weights of the first
/// prediction after loading, <c>train</c> or <c>eval</c>: call <c>eval</c> after changing weights in any other way.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public abstract class ImageClassifier<TLabel> : ModuleTree
    where TLabel : struct, Enum
{
    /// <summary>The most files of one pass: more gain no speed, but take memory.</summary>
    private const int BatchSize = 16;

    private static readonly TLabel[] AllLabels = Enum.GetValues<TLabel>();

    private readonly Lock _gate = new();
    private (InferenceNetwork Body, InferenceNetwork Head, Device Device)? _inference;

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
        Mirror = mirror;
        InputSize = inputSize;
        PixelTransform = pixelTransform;
        Resize = resize;
        if (layers is not null) Meaning = new WeightsMeaning(labels ?? Enum.GetNames<TLabel>(), inputSize, pixelTransform, layers, resize);
    }

    /// <summary>The size that images are brought to.</summary>
    public ImageSize InputSize { get; }

    /// <summary>
    /// How an image is resized before the centre of the input's size is cut out. If null, bilinearly and so that it just covers the input.
    /// </summary>
    public ImageResize? Resize { get; }

    /// <summary>What happens to pixels before they enter the network.</summary>
    public PixelTransform PixelTransform { get; }

    /// <summary>Whether predictions also look at the mirrored image: the mean of both probabilities is the answer, at the price of two passes.</summary>
    public bool Mirror { get; }

    /// <summary>What the numbers of a weight file must mean to be loaded; null if every file whose tensors fit is accepted.</summary>
    public WeightsMeaning? Meaning { get; }

    /// <summary>
    /// What an image may be at most to be classified. Set it before the first prediction; <see cref="Images.ImageLimits.Default"/>
    /// unless set.
    /// </summary>
    public ImageLimits ImageLimits
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = ImageLimits.Default;

    /// <summary>Images to logits, through every layer.</summary>
    /// <param name="input">float32 <c>[N, 3, H, W]</c>, prepared by <see cref="PixelTransform"/>.</param>
    /// <returns>Logits <c>[N, classes]</c>; <c>Predict</c> applies the softmax.</returns>
    public sealed override Tensor forward(Tensor input) => ForwardPass.Run(input, Describe);

    /// <inheritdoc />
    public override void train(bool train = true)
    {
        base.train(train);
        lock (_gate) Forget();
    }

    /// <summary>Classifies the image in a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or beyond <see cref="ImageLimits"/>; the message names it.</exception>
    public Prediction<TLabel> Predict(string path) => Predict(Read(path), path);

    /// <summary>Classifies the image that is the rest of a stream.</summary>
    /// <exception cref="InvalidDataException">
    /// The stream is not an image, or beyond <see cref="ImageLimits"/>: no more is read from it than <see cref="ImageLimits.MaxBytes"/> and
    /// one byte.
    /// </exception>
    public Prediction<TLabel> Predict(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Predict(EncodedImage.Read(stream, ImageLimits));
    }

    /// <summary>Classifies an encoded image (JPEG, PNG, WebP, BMP, GIF).</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond <see cref="ImageLimits"/>.</exception>
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded) => Predict(encoded, null);

    /// <summary>Classifies any number of files. They go through the network in batches, whose size bounds the memory that this takes.</summary>
    /// <returns>The predictions in the order of the paths.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not an image, or beyond <see cref="ImageLimits"/>; the message names it.</exception>
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return InBatches(paths, Classify);
    }

    /// <summary>Classifies the image in a file without blocking the caller: the file is read asynchronously, the network runs on the thread pool.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or beyond <see cref="ImageLimits"/>; the message names it.</exception>
    public async Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default)
    {
        ArraySegment<byte> encoded = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Predict(encoded, path), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Classifies the image that is the rest of a stream without blocking the caller.</summary>
    /// <inheritdoc cref="Predict(Stream)" path="/exception"/>
    public async Task<Prediction<TLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArraySegment<byte> encoded = await EncodedImage.ReadAsync(stream, ImageLimits, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Predict(encoded), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Computes the features of the image in a file: the global average of the backbone's output, one number for each of its channels.
    /// Images that look alike have features of a small angle (cosine similarity): for similarity search, and for finding duplicates.
    /// </summary>
    /// <returns>As many numbers as the generated class's <c>EmbeddingLength</c> says.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or beyond <see cref="ImageLimits"/>; the message names it.</exception>
    public float[] Embed(string path) => Embed([path])[0];

    /// <summary>Computes the features of the image that is the rest of a stream.</summary>
    /// <exception cref="InvalidDataException">The stream is not an image, or beyond <see cref="ImageLimits"/>.</exception>
    public float[] Embed(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Embed(EncodedImage.Read(stream, ImageLimits));
    }

    /// <summary>Computes the features of an encoded image (JPEG, PNG, WebP, BMP, GIF).</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond <see cref="ImageLimits"/>.</exception>
    public float[] Embed(ReadOnlySpan<byte> encoded) => RunOne(encoded, null, Features);

    /// <summary>Computes the features of any number of files, in batches whose size bounds the memory that this takes.</summary>
    /// <returns>The features in the order of the paths.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not an image, or beyond <see cref="ImageLimits"/>; the message names it.</exception>
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return InBatches(paths, Features);
    }

    /// <summary>The tensors that a weight file holds, by state-dict key, in the order of the layers.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights() => ModuleState.Of(this);

    /// <summary>Takes a pass through the layers.</summary>
    protected abstract void Describe(ref ForwardPass pass);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing) lock (_gate) Forget();
        base.Dispose(disposing);
    }

    /// <summary>Fills the network from a safetensors file and makes it ready to predict.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, does not fit the network, or was trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadFile(string path, ClassifierLoadOptions? options = null)
    {
        using FileStream file = File.OpenRead(path);
        // Read, not mapped: the file is the user's, who may replace it while the classifier lives.
        Fill(SafetensorsLoader.Open(file, null, Weights(), $"'{path}'"), $"'{path}'", options ?? new ClassifierLoadOptions());
    }

    /// <summary>Fills the network from the resource that the build embedded and makes it ready to predict.</summary>
    /// <param name="assembly">The assembly that has the resource.</param>
    /// <param name="resource">Its name.</param>
    /// <param name="options">The device and the check; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The assembly was built without trained weights, or the device does not exist.</exception>
    /// <exception cref="InvalidDataException">The weights do not fit the network, or were trained for something else (<see cref="Meaning"/>).</exception>
    /// <exception cref="WrongKernelException">The network computes wrong results on this machine.</exception>
    protected void LoadResource(Assembly assembly, string resource, ClassifierLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using Stream stream = assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"{assembly.GetName().Name} was built without trained weights for {GetName()}. Train them with 'dotnet build -p:TrainModel=true'."));
        // Prepare the first pass in parallel with loading. We wait for it, because exiting the process while it runs would crash.
        Task<bool> preparation = Task.Run(static () => OneDnn.IsAvailable);
        try
        {
            string source = $"The weights embedded in {assembly.GetName().Name}";
            Fill(SafetensorsLoader.Open(stream, ResourceFile.Find(assembly, resource), Weights(), source), source, options ?? new ClassifierLoadOptions());
        }
        finally
        {
            preparation.Wait();
        }
    }

    private void Fill(LoadedWeights weights, string source, ClassifierLoadOptions options)
    {
        Device device = Find(options.Device);
        if (Meaning?.FindDifference(weights.Metadata) is { } difference)
        {
            foreach (Tensor tensor in weights.Tensors.Values) tensor.Dispose();
            throw new InvalidDataException($"{source} cannot be used for {GetName()}. {difference}");
        }
        ModuleState.Replace(this, weights.Tensors);
        if (device.type != DeviceType.CPU) this.to(device);
        eval();
        if (options.SelfCheck && weights.Metadata.TryGetValue(GoldenAnswers.Key, out string? golden)) Check(golden, options.OnWarning);
    }

    private static Device Find(string name)
    {
        if (name == "cpu") return CPU;
        int count = cuda.is_available() ? cuda.device_count() : 0;
        int index = 0;
        bool isCuda = name == "cuda" || (name.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out index));
        if (!isCuda) throw new InvalidOperationException($"'{name}' is not a device; write cpu, cuda or cuda:N.");
        return index < count
            ? device(DeviceType.CUDA, index)
            : throw new InvalidOperationException($"The device '{name}' does not exist: this libtorch finds {count} CUDA devices.");
    }

    /// <summary>Compares what the network makes of the check image with what its training computed exactly.</summary>
    private void Check(string golden, Action<string>? warn)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        (InferenceNetwork body, InferenceNetwork head) = ForInference();
        Tensor input = PixelTransform.Apply(CheckImage.Create(InputSize).to(CurrentDevice())), exact = GoldenAnswers.Parse(golden);
        if (exact.numel() != AllLabels.Length)
        {
            throw new InvalidDataException($"The weight file's '{GoldenAnswers.Key}' is damaged: it has {exact.numel()} numbers for {AllLabels.Length} classes.");
        }
        foreach (Conv2d wrong in SelfCheck.Run([body, head], input, exact, ScalarType.Float32))
        {
            string name = named_modules().First(entry => ReferenceEquals(entry.module, wrong)).name;
            string warning = $"{GetName()}: the convolution '{name}' gives wrong results on this machine, so a slower, correct implementation is used. {SelfCheck.Describe()}.";
            if (warn is null) Trace.TraceWarning(warning);
            else warn(warning);
        }
    }

    /// <summary>Reads a file asynchronously, up to the limit.</summary>
    /// <exception cref="InvalidDataException">The file is longer than the limit; the message names it.</exception>
    internal async Task<ArraySegment<byte>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await EncodedImage.ReadAsync(path, ImageLimits, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw Named(path, e);
        }
    }

    /// <summary>The pixels of an encoded image at the network's input size.</summary>
    /// <param name="encoded">The image.</param>
    /// <param name="path">The file that it is from, which an error names, or null.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond the limits.</exception>
    internal byte[] Decode(ReadOnlySpan<byte> encoded, string? path)
    {
        byte[] pixels = new byte[InputSize.Bytes];
        Decode(encoded, path, pixels);
        return pixels;
    }

    /// <summary>Runs the network.</summary>
    /// <param name="pixels">The RGB pixels of <paramref name="count"/> images of the input size, one after another.</param>
    /// <param name="count">How many.</param>
    internal Prediction<TLabel>[] Classify(byte[] pixels, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        (InferenceNetwork body, InferenceNetwork head) = ForInference();
        Tensor input = Prepare(pixels, count);
        Tensor probabilities = Probabilities(input);
        // Columns are the last dimension.
        if (Mirror) probabilities = probabilities.add(Probabilities(input.flip(-1))).div(2);
        float[] scores = probabilities.cpu().data<float>().ToArray();
        var predictions = new Prediction<TLabel>[count];
        for (int i = 0; i < count; i++) predictions[i] = Rank(scores.AsSpan(i * AllLabels.Length, AllLabels.Length));
        return predictions;

        Tensor Probabilities(Tensor images) => nn.functional.softmax(head.Forward(body.Forward(images)).to_type(ScalarType.Float32), dim: 1);
    }

    /// <summary>Runs the backbone, and averages what each of its channels puts out.</summary>
    private float[][] Features(byte[] pixels, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        return ChannelMeans.Compute(ForInference().Body.Forward(Prepare(pixels, count)));
    }

    /// <summary>What enters the network, on its device.</summary>
    private Tensor Prepare(byte[] pixels, int count)
    {
        Tensor images = empty([count, InputSize.Height, InputSize.Width, 3], dtype: ScalarType.Byte);
        images.bytes = pixels.AsSpan(0, count * InputSize.Bytes);
        return PixelTransform.Apply(images.to(CurrentDevice()));
    }

    /// <summary>Decodes any number of files and sends them through the network in batches.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="run">Gives one result for each image of a batch of pixels.</param>
    private T[] InBatches<T>(IReadOnlyList<string> paths, Func<byte[], int, T[]> run)
    {
        var results = new T[paths.Count];
        byte[] pixels = ArrayPool<byte>.Shared.Rent(Math.Min(paths.Count, BatchSize) * InputSize.Bytes);
        try
        {
            for (int start = 0; start < paths.Count; start += BatchSize)
            {
                int count = Math.Min(BatchSize, paths.Count - start);
                Decode(paths, start, count, pixels);
                run(pixels, count).CopyTo(results, start);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
        return results;
    }

    private Device CurrentDevice() => parameters().First().device;

    private Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded, string? path) => RunOne(encoded, path, Classify);

    /// <summary>Decodes one image and sends it through the network.</summary>
    /// <param name="encoded">The image.</param>
    /// <param name="path">The file that it is from, which an error names, or null.</param>
    /// <param name="run">Gives one result for each image of a batch of pixels.</param>
    private T RunOne<T>(ReadOnlySpan<byte> encoded, string? path, Func<byte[], int, T[]> run)
    {
        byte[] pixels = ArrayPool<byte>.Shared.Rent(InputSize.Bytes);
        try
        {
            Decode(encoded, path, pixels.AsSpan(0, InputSize.Bytes));
            return run(pixels, 1)[0];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>Decodes files side by side, one after another into <paramref name="pixels"/>.</summary>
    private void Decode(IReadOnlyList<string> paths, int start, int count, byte[] pixels)
    {
        try
        {
            Parallel.For(0, count, i => Decode(Read(paths[start + i]), paths[start + i], pixels.AsSpan(i * InputSize.Bytes, InputSize.Bytes)));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void Decode(ReadOnlySpan<byte> encoded, string? path, Span<byte> pixels)
    {
        try
        {
            ImageDecoder.Decode(encoded, InputSize, pixels, ImageLimits, Resize);
        }
        catch (InvalidDataException e) when (path is not null)
        {
            throw Named(path, e);
        }
    }

    private ArraySegment<byte> Read(string path)
    {
        try
        {
            return EncodedImage.Read(path, ImageLimits);
        }
        catch (InvalidDataException e)
        {
            throw Named(path, e);
        }
    }

    private static InvalidDataException Named(string path, InvalidDataException e) => new($"'{path}': {e.Message}", e);

    private (InferenceNetwork Body, InferenceNetwork Head) ForInference()
    {
        Device device = CurrentDevice();
        lock (_gate)
        {
            if (_inference is { } known && known.Device.type == device.type && known.Device.index == device.index) return (known.Body, known.Head);
            Forget();
            (InferenceNetwork body, InferenceNetwork head) = InferenceNetwork.Split(Describe);
            _inference = (body, head, device);
            return (body, head);
        }
    }

    private void Forget()
    {
        _inference?.Body.Dispose();
        _inference?.Head.Dispose();
        _inference = null;
    }

    private static Prediction<TLabel> Rank(ReadOnlySpan<float> scores)
    {
        var ranking = new LabelScore<TLabel>[scores.Length];
        for (int i = 0; i < ranking.Length; i++) ranking[i] = new LabelScore<TLabel>(AllLabels[i], scores[i]);
        // A stable sort, so that equal scores keep the order of the classes.
        return new Prediction<TLabel>([.. ranking.OrderByDescending(static r => r.Score)]);
    }
}
