using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;

namespace Training.Tests.Exporters.Onnx;

/// <summary>The preparation of pixels inside an ONNX file against the one of the classifiers.</summary>
public class OnnxPixelTests
{
    private static readonly (int Height, int Width)[] Sizes =
        [(224, 224), (225, 224), (1, 1), (9, 700), (500, 333), (333, 500), (480, 641), (97, 64), (30, 31), (701, 223), (229, 1024), (448, 449)];

    public static TheoryData<int, int, int?, bool> Preparations => new()
    {
        { 224, 224, null, false },
        { 96, 160, null, false },
        { 224, 224, 256, false },
        { 160, 96, 131, false },
        { 224, 224, 232, true },
        { 96, 160, 107, true },
    };

    [Theory]
    [MemberData(nameof(Preparations))]
    public void Images_of_any_size_are_prepared_as_the_classifiers_prepare_them(int height, int width, int? shorterSide, bool isBicubic)
    {
        ImageResize? resize = shorterSide is { } shorter ? new ImageResize(shorter, isBicubic) : null;
        using InferenceSession session = Prepare(height, width, resize, new InputPreparation(false, 1, [0, 0, 0], [1, 1, 1], null));
        foreach ((int rows, int columns) in Sizes)
        {
            byte[] pixels = Picture(rows, columns);
            byte[] wanted = new byte[height * width * 3];
            ImageDecoder.Decode(Png(pixels, rows, columns), new ImageSize(height, width), wanted, resize: resize);

            float[] prepared = Run(session, pixels, rows, columns);

            // Weights of a filter are rounded from float32 in ONNX Runtime and from float64 here.
            (int largest, double mean) = Difference(wanted, prepared, height, width);
            Assert.InRange(largest, 0, 8);
            Assert.InRange(mean, 0, 0.1);
        }
    }

    [Fact]
    public void Channels_are_turned_round_and_normalised()
    {
        var preparation = new InputPreparation(true, 1 / 255.0, [0.1, 0.2, 0.3], [0.5, 0.25, 2], null);
        using InferenceSession session = Prepare(2, 2, null, preparation);

        float[] prepared = Run(session, [.. Enumerable.Repeat((byte[])[51, 102, 255], 4).SelectMany(static pixel => pixel)], 2, 2);

        float[] wanted = [.. Enumerable.Repeat((1 - 0.1f) / 0.5f, 4), .. Enumerable.Repeat((0.4f - 0.2f) / 0.25f, 4), .. Enumerable.Repeat((0.2f - 0.3f) / 2, 4)];
        for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], prepared[i], 1e-6f);
    }

    private static InferenceSession Prepare(int height, int width, ImageResize? resize, InputPreparation preparation)
    {
        ImageResizing? resizing = resize is null ? null : new ImageResizing(resize.ShorterSide, resize.IsBicubic);
        var trained = new TrainedModel("Pixels", height, width, [], new Dictionary<string, string>())
        {
            Network = new NetworkGraph([], 0, 0, Mirror: false),
            Preparation = preparation with { Resize = resizing },
            Digest = "",
        };
        var graph = new OnnxGraph("pixels");
        graph.Output(PixelNodes.Add(graph, trained), [OnnxNames.Batch, "3", $"{height}", $"{width}"]);
        ModelProto model = OnnxModel.Create(graph.Proto, trained, [], OnnxRun.OptionsOf("pixels"), null);
        return new InferenceSession(model.ToByteArray());
    }

    private static float[] Run(InferenceSession session, byte[] pixels, int rows, int columns)
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(pixels, [1, rows, columns, 3]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [OnnxNames.Pixels], [value], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static (int Largest, double Mean) Difference(byte[] wanted, float[] prepared, int height, int width)
    {
        Assert.Equal(wanted.Length, prepared.Length);
        double largest = 0, sum = 0;
        for (int i = 0; i < wanted.Length; i++)
        {
            double difference = Math.Abs(wanted[i] - prepared[i % 3 * height * width + i / 3]);
            largest = Math.Max(largest, difference);
            sum += difference;
        }
        return ((int)Math.Ceiling(largest), sum / wanted.Length);
    }

    /// <summary>Waves with noise: neighbours are alike, as in a photo, but no two places are the same.</summary>
    internal static byte[] Picture(int rows, int columns)
    {
        var random = new Random(rows * 10007 + columns);
        byte[] pixels = new byte[rows * columns * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int y, int x, int channel) = (i / 3 / columns, i / 3 % columns, i % 3);
            double wave = 127.5 + 90 * Math.Sin(y * (0.05 + 0.03 * channel)) * Math.Cos(x * 0.07 + channel);
            pixels[i] = (byte)Math.Clamp(wave + random.Next(-37, 38), 0, 255);
        }
        return pixels;
    }

    internal static byte[] Png(byte[] pixels, int rows, int columns)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(columns, rows, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> target = bitmap.GetPixelSpan();
        for (int i = 0; i < rows * columns; i++)
        {
            pixels.AsSpan(3 * i, 3).CopyTo(target[(i / columns * bitmap.RowBytes + i % columns * 4)..]);
            target[i / columns * bitmap.RowBytes + i % columns * 4 + 3] = 255;
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
