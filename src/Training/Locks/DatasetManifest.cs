using System.Text;
using FineTune.Training.Data;
using ModelSpec.Locks;

namespace FineTune.Training.Locks;

/// <summary>The content of a dataset: the name, class and digest of every image.</summary>
/// <param name="Digest">The digest of all of them; independent of the dataset's location and of its split.</param>
/// <param name="Images">The number of images.</param>
/// <param name="TestDigest">The digest of the test images alone.</param>
internal sealed record DatasetManifest(string Digest, int Images, string TestDigest)
{
    /// <summary>Digests the images of a split.</summary>
    public static DatasetManifest Of(DatasetSplit split, FileDigests digests, CancellationToken cancellation = default)
    {
        LabeledImage[] images = [.. split.Train.Concat(split.Validation).Concat(split.Test).OrderBy(static i => i.Name, StringComparer.Ordinal)];
        string[] contents = digests.Of([.. images.Select(static i => i.Path)], split.Root, cancellation);
        HashSet<string> tested = new(split.Test.Select(static image => image.Name), StringComparer.Ordinal);
        StringBuilder text = new(), test = new();
        for (int i = 0; i < images.Length; i++)
        {
            string line = $"{images[i].Name}\t{images[i].Class}\t{contents[i]}\n";
            text.Append(line);
            if (tested.Contains(images[i].Name)) test.Append(line);
        }
        return new DatasetManifest(ModelSpec.Locks.Digest.Of(text.ToString()), images.Length, ModelSpec.Locks.Digest.Of(test.ToString()));
    }

    /// <summary>The digest of the division of the images into parts.</summary>
    public static string DigestOfParts(DatasetSplit split)
    {
        var text = new StringBuilder();
        foreach ((string part, IReadOnlyList<LabeledImage> images) in
            (ReadOnlySpan<(string, IReadOnlyList<LabeledImage>)>)[("train", split.Train), ("validation", split.Validation), ("test", split.Test)])
        {
            foreach (LabeledImage image in images) text.Append(part).Append('\t').Append(image.Name).Append('\n');
        }
        return ModelSpec.Locks.Digest.Of(text.ToString());
    }
}
