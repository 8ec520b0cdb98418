using FineTune;
using FineTune.Images;

namespace Runtime.Onnx.Tests;

public enum TinyLabel
{
    Red,
    Green,
    Blue,
}

/// <summary>A classifier as the generator would emit it.</summary>
public sealed class TinyClassifier : OnnxImageClassifier<TinyLabel>
{
    private static readonly PixelTransform Unit = new(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]);

    public TinyClassifier(string? layers = null, PixelTransform? transform = null)
        : base("Tiny", new ImageSize(TinyModel.Side, TinyModel.Side), transform ?? Unit, ["red", "green", "blue"], layers)
    {
    }

    /// <summary>A classifier with the model that has no notes.</summary>
    public static TinyClassifier Create()
    {
        using var folder = new TemporaryFolder();
        var classifier = new TinyClassifier();
        classifier.Fill(folder.Write("tiny.onnx", new TinyModel().ToBytes()));
        return classifier;
    }

    public void Fill(string path, ClassifierLoadOptions? options = null) => LoadFile(path, options);

    public void FillFromResource() => LoadResource(typeof(TinyClassifier).Assembly, "tiny.onnx");
}
