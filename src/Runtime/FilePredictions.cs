using System.Runtime.CompilerServices;

namespace FineTune;

/// <summary>Classifies many files one batch after another: while a batch goes through the network, the next one is read and decoded.</summary>
internal static class FilePredictions
{
    /// <summary>Classifies files.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="paths">The files.</param>
    /// <param name="batchSize">The most files of a pass; twice as many decoded images are in memory at most.</param>
    /// <param name="cancellationToken">Ends the enumeration after the batch that runs.</param>
    public static async IAsyncEnumerable<FilePrediction<TLabel>> EnumerateAsync<TLabel>(
        IPixelClassifier<TLabel> classifier, IEnumerable<string> paths, int batchSize, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TLabel : struct, Enum
    {
        using IEnumerator<string> files = paths.GetEnumerator();
        for (Task<DecodedFile[]> next = DecodeAsync(classifier, Take(files, batchSize), cancellationToken); ;)
        {
            DecodedFile[] current = await next.ConfigureAwait(false);
            if (current.Length == 0) yield break;
            next = DecodeAsync(classifier, Take(files, batchSize), cancellationToken);
            foreach (FilePrediction<TLabel> answer in await Task.Run(() => Answer(classifier, current), cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return answer;
            }
        }
    }

    private static string[] Take(IEnumerator<string> files, int count)
    {
        List<string> taken = new(count);
        while (taken.Count < count && files.MoveNext()) taken.Add(files.Current);
        return [.. taken];
    }

    private static async Task<DecodedFile[]> DecodeAsync<TLabel>(IPixelClassifier<TLabel> classifier, string[] paths, CancellationToken cancellationToken)
        where TLabel : struct, Enum
    {
        var decoded = new DecodedFile[paths.Length];
        await Parallel.ForAsync(0, paths.Length, cancellationToken, async (i, token) =>
        {
            try
            {
                ArraySegment<byte> encoded = await classifier.ReadAsync(paths[i], token).ConfigureAwait(false);
                decoded[i] = new DecodedFile(paths[i], classifier.Decode(encoded, paths[i]), null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                decoded[i] = new DecodedFile(paths[i], null, e);
            }
        }).ConfigureAwait(false);
        return decoded;
    }

    private static FilePrediction<TLabel>[] Answer<TLabel>(IPixelClassifier<TLabel> classifier, DecodedFile[] files)
        where TLabel : struct, Enum
    {
        byte[][] images = [.. files.Select(static file => file.Pixels).OfType<byte[]>()];
        Prediction<TLabel>[] predictions = [];
        if (images.Length > 0)
        {
            byte[] pixels = new byte[images.Length * images[0].Length];
            for (int i = 0; i < images.Length; i++) images[i].CopyTo(pixels, i * images[i].Length);
            predictions = classifier.Classify(pixels, images.Length);
        }
        var answers = new FilePrediction<TLabel>[files.Length];
        for (int i = 0, answered = 0; i < files.Length; i++)
        {
            answers[i] = files[i].Error is { } error
                ? new FilePrediction<TLabel>(files[i].Path, error)
                : new FilePrediction<TLabel>(files[i].Path, predictions[answered++]);
        }
        return answers;
    }

    /// <summary>A file with its pixels at the input's size, or the reason why there are none.</summary>
    private readonly record struct DecodedFile(string Path, byte[]? Pixels, Exception? Error);
}
