using System.Text;
using FineTune;
using FineTune.Images;
using Flowers17;

namespace FlowersWeb.Tests;

/// <summary>A classifier without a network: it sees a tulip in every PNG file and in what begins with "photo", and no image in anything else.</summary>
internal sealed class FakeClassifier : IImageClassifier<FlowerLabel>
{
    private static readonly Prediction<FlowerLabel> Tulip = new(Enum.GetValues<FlowerLabel>()
        .Select(static label => new LabelScore<FlowerLabel>(label, label == FlowerLabel.Tulip ? 0.84f : 0.01f)));

    public ImageSize InputSize => new(224, 224);

    /// <summary>What it was last asked about.</summary>
    public byte[] Latest { get; private set; } = [];

    /// <summary>A body that it takes for a photo.</summary>
    public static byte[] Photo(int length = 100)
    {
        byte[] photo = new byte[length];
        "photo"u8.CopyTo(photo);
        return photo;
    }

    public Prediction<FlowerLabel> Predict(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith("photo"u8) || encoded.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? Tulip : throw new InvalidDataException("The bytes are not an image that can be read.");

    public Prediction<FlowerLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height) => Tulip;

    public Prediction<FlowerLabel> Predict(string path) => Predict(Encoding.UTF8.GetBytes(path));

    public Prediction<FlowerLabel> Predict(Stream stream) => throw new NotSupportedException();

    public IReadOnlyList<Prediction<FlowerLabel>> Predict(IReadOnlyList<string> paths) => [.. paths.Select(Predict)];

    public IReadOnlyList<Prediction<FlowerLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded) => [.. encoded.Select(bytes => Predict(bytes.Span))];

    public Task<Prediction<FlowerLabel>> PredictAsync(string path, CancellationToken cancellationToken = default) => Task.FromResult(Predict(path));

    public Task<Prediction<FlowerLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async Task<Prediction<FlowerLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Latest = encoded.ToArray();
        return Predict(encoded.Span);
    }

    public Task<IReadOnlyList<Prediction<FlowerLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) =>
        Task.FromResult(Predict(paths));

    public Task<IReadOnlyList<Prediction<FlowerLabel>>> PredictAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default) => Task.FromResult(Predict(encoded));

    public IAsyncEnumerable<FilePrediction<FlowerLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        paths.Select(path => new FilePrediction<FlowerLabel>(path, Predict(path))).ToAsyncEnumerable();

    public float[] Embed(string path) => throw new NotSupportedException();

    public float[] Embed(Stream stream) => throw new NotSupportedException();

    public float[] Embed(ReadOnlySpan<byte> encoded) => throw new NotSupportedException();

    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths) => throw new NotSupportedException();
}
