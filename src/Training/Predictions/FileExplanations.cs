using FineTune.Images;
using FineTune.Inference;

namespace FineTune.Training.Predictions;

/// <summary>Which parts of one file an answer comes from, or why nothing is said of it.</summary>
/// <param name="Path">The file, as it was given.</param>
internal sealed record FileExplanation(string Path)
{
    /// <summary>The most probable class.</summary>
    public RankedLabel Answer { get; init; }

    /// <summary>The class that is explained, with its probability.</summary>
    public RankedLabel Explained { get; init; }

    /// <summary>How the heat was computed.</summary>
    public ExplanationMethod Method { get; init; }

    /// <summary>How much each place of the photo counts; null where there is an error.</summary>
    public HeatMap? Heat { get; init; }

    /// <summary>The photo; null where there is an error.</summary>
    public WholePhoto? Photo { get; init; }

    /// <summary>Why the file could not be explained, or null.</summary>
    public string? Error { get; init; }
}

/// <summary>Explains files one by one.</summary>
internal static class FileExplanations
{
    /// <summary>Explains a file.</summary>
    /// <param name="classifier">The network.</param>
    /// <param name="image">The file.</param>
    /// <param name="label">The index of the class that is explained; the most probable one if null.</param>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    public static FileExplanation Of(SpecClassifier classifier, NamedImage image, int? label)
    {
        byte[] pixels = new byte[classifier.InputSize.Bytes];
        WholePhoto photo;
        try
        {
            ArraySegment<byte> encoded = image.Content ?? EncodedImage.Read(image.Path, ImageLimits.Default);
            ImageDecoder.Decode(encoded, classifier.InputSize, pixels, resize: classifier.Resize);
            photo = ImageDecoder.DecodeWhole(encoded, HeatOverlay.Longest, ImageLimits.Default);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new FileExplanation(image.Path) { Error = e.Message };
        }
        double[] probabilities = classifier.Classify(pixels, 1);
        int answer = Array.IndexOf(probabilities, probabilities.Max()), explained = label ?? answer;
        NetworkHeat heat = classifier.Explain(pixels, explained);
        return new FileExplanation(image.Path)
        {
            Answer = Ranked(answer),
            Explained = Ranked(explained),
            Method = heat.Method,
            Heat = heat.On(CentreWindow.RegionOf(photo.Stored, classifier.InputSize, classifier.Resize)),
            Photo = photo,
        };

        RankedLabel Ranked(int index) => new(classifier.Network.Classes[index].Text, (float)probabilities[index]);
    }
}
