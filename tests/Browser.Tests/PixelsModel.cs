using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;

namespace Browser.Tests;

/// <summary>A label with its probability.</summary>
internal sealed record Answer(string Label, double Probability);

/// <summary>The file that the page loads, run by ONNX Runtime in .NET on pictures that Skia decodes whole.</summary>
internal sealed class PixelsModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string[] _labels;

    public PixelsModel(string path)
    {
        _session = new InferenceSession(path);
        _labels = JsonSerializer.Deserialize<string[]>(_session.ModelMetadata.CustomMetadataMap["names"])!;
    }

    /// <summary>Classifies an encoded picture that is stored upright.</summary>
    /// <returns>All labels, the most likely first.</returns>
    public Answer[] Classify(byte[] encoded)
    {
        using var data = SKData.CreateCopy(encoded);
        using SKCodec codec = SKCodec.Create(data);
        using var bitmap = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        Assert.Equal(SKCodecResult.Success, codec.GetPixels(bitmap.Info, bitmap.GetPixels()));
        return Classify(bitmap);
    }

    /// <summary>Classifies a decoded picture.</summary>
    /// <param name="picture">Its pixels are RGBA.</param>
    /// <returns>All labels, the most likely first.</returns>
    public Answer[] Classify(SKBitmap picture)
    {
        byte[] pixels = [.. picture.Bytes.Where(static (_, i) => i % 4 != 3)];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [1, picture.Height, picture.Width, 3]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, ["pixels"], [input], ["probabilities"]);
        float[] probabilities = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        return [.. _labels.Zip(probabilities, static (label, p) => new Answer(label, p)).OrderByDescending(static answer => answer.Probability)];
    }

    public void Dispose() => _session.Dispose();
}
