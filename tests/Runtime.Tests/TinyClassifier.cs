using FineTune;
using FineTune.Images;
using FineTune.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests;

public enum TinyLabel
{
    Red,
    Green,
    Blue,
}

/// <summary>A classifier as the generator would emit it, small enough to reason about: its logits are the mean of each channel.</summary>
public sealed class TinyClassifier : ImageClassifier<TinyLabel>
{
    public TinyClassifier()
        : base("Tiny", new ImageSize(8, 8), new PixelTransform(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]))
    {
        NativeLibraries.Load();
        Conv = Register("features.0", nn.Conv2d(3, 3, 1, bias: false));
        Pool = Register("pool", new GlobalPool2d(average: true));
        using (no_grad()) Conv.weight.copy_(eye(3).view(3, 3, 1, 1));
        eval();
    }

    public Conv2d Conv { get; }

    public GlobalPool2d Pool { get; }

    /// <summary>What happens before the first pass.</summary>
    public Action? Describing { get; init; }

    protected override void Describe(ref ForwardPass pass)
    {
        Describing?.Invoke();
        pass.Run(Conv);
        pass.Relu();
        pass.Run(Pool);
    }

    public void Save(string path) => FineTune.Weights.SafetensorsWriter.Write(path, [.. Weights()], new Dictionary<string, string>());

    public void Fill(string path) => LoadFile(path);

    public void FillFromResource() => LoadResource(typeof(TinyClassifier).Assembly, "tiny.safetensors");
}
