using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Inspection;

/// <summary>Computes the features of images by the backbone before training: the global average of its output.</summary>
internal sealed class FeatureReader : IDisposable
{
    private readonly NetworkModule _module;
    private readonly InferenceNetwork _body;
    private readonly Device _device;
    private readonly PixelTransform _transform;
    private readonly ImageSize _size;

    private FeatureReader(NetworkModule module, Device device, ScalarType precision)
    {
        Network network = module.Network;
        _module = module;
        _device = device;
        _size = ImageSizes.Of(network);
        _transform = PixelTransforms.Of(network);
        module.to(device);
        module.eval();
        _body = module.ForInference(0, network.BodyLength, precision);
        BatchSize = PassSize.Of(network, network.BodyLength, device);
    }

    /// <summary>The number of images that pass through the backbone at once.</summary>
    public int BatchSize { get; }

    /// <summary>Loads the pretrained backbone.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="deviceName"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="assets">Where the pretrained weights are.</param>
    /// <param name="log">Receives progress.</param>
    /// <param name="cancellation">Cancels loading.</param>
    /// <returns>The reader; null if the spec asks for random weights, whose features say nothing.</returns>
    /// <exception cref="TrainingException">The weights are missing or damaged, or there is no such device.</exception>
    public static FeatureReader? Create(SpecSource spec, string deviceName, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        if (new PretrainedWeights(assets, new Downloader(assets, log, client)).Locate(spec, cancellation) is not { } file) return null;
        (Device device, _) = Devices.Choose(deviceName, spec.Name);
        var module = new NetworkModule(spec.Network);
        try
        {
            PretrainedCheck.Report(file, BackboneWeights.Load(file, module, spec, cancellation), spec, log, cancellation);
            return new FeatureReader(module, device, Precisions.TypeOf(Precisions.Choose(Precisions.Auto, spec.Plan, () => device, spec.Name)));
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Computes the features of images.</summary>
    /// <param name="images">The pixels of each: RGB, rows first, in the size of the network's input.</param>
    public float[][] Of(IReadOnlyList<byte[]> images)
    {
        if (images.Count == 0) return [];
        using DisposeScope scope = NewDisposeScope();
        Tensor pixels = zeros([images.Count, _size.Height, _size.Width, 3], ScalarType.Byte);
        for (int i = 0; i < images.Count; i++)
        {
            using Tensor image = pixels[i];
            images[i].CopyTo(image.bytes);
        }
        return ChannelMeans.Compute(_body.Forward(_transform.Apply(pixels.to(_device))));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _body.Dispose();
        _module.Dispose();
    }
}
