using FineTune.Images;

namespace FineTune.Training.Predictions;

/// <summary>A class and its probability.</summary>
/// <param name="Label">The class as the spec writes it.</param>
/// <param name="Score">Its probability in [0, 1].</param>
internal readonly record struct RankedLabel(string Label, float Score);

/// <summary>What a network says of one file, or why it says nothing.</summary>
/// <param name="Path">The file, as it was given.</param>
/// <param name="Ranking">The most probable classes, most probable first; empty where there is an error.</param>
/// <param name="Error">Why the file could not be classified, or null.</param>
/// <param name="IsCertain">Whether the confidence reaches the threshold of the weights; true where they have none, false where there is an error.</param>
internal sealed record FileAnswer(string Path, IReadOnlyList<RankedLabel> Ranking, string? Error = null, bool IsCertain = true);

/// <summary>Classifies any number of files: while one batch goes through the network, the next one is decoded; no more is in memory.</summary>
internal static class FileAnswers
{
    /// <summary>Classifies images in order.</summary>
    /// <param name="classifier">The network.</param>
    /// <param name="images">The images; they are listed as they are needed.</param>
    /// <param name="top">How many classes an answer has at most.</param>
    /// <param name="cancellation">Ends it after the batch that runs.</param>
    public static IEnumerable<FileAnswer> Of(SpecClassifier classifier, IEnumerable<NamedImage> images, int top, CancellationToken cancellation)
    {
        using IEnumerator<NamedImage[]> batches = images.Chunk(SpecClassifier.LargestBatch).GetEnumerator();
        for (Task<DecodedImage[]> next = Next(batches, classifier); ;)
        {
            cancellation.ThrowIfCancellationRequested();
            DecodedImage[] current = next.GetAwaiter().GetResult();
            if (current.Length == 0) yield break;
            next = Next(batches, classifier);
            foreach (FileAnswer answer in Answer(classifier, current, top)) yield return answer;
        }
    }

    private static Task<DecodedImage[]> Next(IEnumerator<NamedImage[]> batches, SpecClassifier classifier) => Task.Run(() =>
    {
        if (!batches.MoveNext()) return [];
        NamedImage[] images = batches.Current;
        var decoded = new DecodedImage[images.Length];
        Parallel.For(0, images.Length, i => decoded[i] = Decode(images[i], classifier));
        return decoded;
    });

    private static DecodedImage Decode(NamedImage image, SpecClassifier classifier)
    {
        try
        {
            byte[] pixels = new byte[classifier.InputSize.Bytes];
            ArraySegment<byte> encoded = image.Content ?? EncodedImage.Read(image.Path, ImageLimits.Default);
            ImageDecoder.Decode(encoded, classifier.InputSize, pixels, resize: classifier.Resize);
            return new DecodedImage(image.Path, pixels, null);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new DecodedImage(image.Path, null, e.Message);
        }
    }

    private static IEnumerable<FileAnswer> Answer(SpecClassifier classifier, DecodedImage[] images, int top)
    {
        byte[][] readable = [.. images.Select(static image => image.Pixels).OfType<byte[]>()];
        int classes = classifier.Network.Classes.Count;
        double[] probabilities = readable.Length == 0 ? [] : classifier.Classify([.. readable.SelectMany(static pixels => pixels)], readable.Length);
        int answered = 0;
        foreach (DecodedImage image in images)
        {
            if (image.Error is { } error)
            {
                yield return new FileAnswer(image.Path, [], error, IsCertain: false);
                continue;
            }
            RankedLabel[] ranking = Rank(probabilities.AsSpan(classes * answered++, classes), classifier, top);
            yield return new FileAnswer(image.Path, ranking, IsCertain: classifier.Certainty.IsCertain(ranking[0].Score));
        }
    }

    /// <summary>The most probable classes; equal ones keep the order of the spec.</summary>
    private static RankedLabel[] Rank(ReadOnlySpan<double> probabilities, SpecClassifier classifier, int top)
    {
        var labelled = new RankedLabel[probabilities.Length];
        for (int i = 0; i < labelled.Length; i++) labelled[i] = new RankedLabel(classifier.Network.Classes[i].Text, (float)probabilities[i]);
        return [.. labelled.OrderByDescending(static label => label.Score).Take(top)];
    }

    /// <summary>A file with its pixels at the input's size, or the reason why there are none.</summary>
    private readonly record struct DecodedImage(string Path, byte[]? Pixels, string? Error);
}
