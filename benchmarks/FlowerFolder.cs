using System.Globalization;

namespace FineTune.Benchmarks;

/// <summary>
/// A dataset of any size from the images of Flowers-17: repeated links to them, in one folder per class. It comes with a spec.
/// </summary>
internal sealed class FlowerFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finetune-flowers").FullName;

    /// <summary>Creates the folders.</summary>
    /// <param name="images">The images of all classes together.</param>
    /// <param name="classes">The classes.</param>
    public FlowerFolder(int images, int classes)
    {
        string[] source = [.. Directory.GetFiles(Path.Combine(Assets, "flowers17/jpg"), "*.jpg").Order(StringComparer.Ordinal)];
        Images = images;
        Classes = [.. Enumerable.Range(1, classes).Select(static c => $"flower {c}")];
        foreach (string name in Classes) Directory.CreateDirectory(Path.Combine(_folder, "data", name));
        for (int i = 0; i < images; i++)
        {
            // With 17 classes, they are those of the original.
            int at = classes == 17 ? i % 17 * 80 + i / 17 % 80 : i % source.Length;
            File.CreateSymbolicLink(Path.Combine(_folder, "data", Classes[i % classes], string.Create(CultureInfo.InvariantCulture, $"{i:000000}.jpg")), source[at]);
        }
    }

    /// <summary>The folder of the images and pretrained weights.</summary>
    public static string Assets { get; } = Environment.GetEnvironmentVariable("MODELSPEC_ASSETS")
        ?? throw new InvalidOperationException("MODELSPEC_ASSETS names no folder with flowers17 and weights.");

    public int Images { get; }

    public IReadOnlyList<string> Classes { get; }

    /// <summary>Writes a spec for this data.</summary>
    /// <param name="backbone">The lines of <c>[backbone]</c>.</param>
    /// <param name="head">The first layer of the head.</param>
    /// <param name="rest">Further tables: augmentation and stages.</param>
    public string Spec(string backbone, string head, string rest)
    {
        string path = Path.Combine(_folder, "flowers.modelspec");
        File.WriteAllText(path, $"""
            [model]
            name = "Flowers"
            classes = [{string.Join(", ", Classes.Select(static c => $"\"{c}\""))}]

            [data]
            source = "data"
            split = {"{"} train = 0.75, test = 0.25 {"}"}

            [backbone]
            {backbone}

            [head]
            layers = ["{head}", "linear(256)", "relu", "dropout(0.5)", "linear({Classes.Count})", "softmax"]

            {rest}
            """);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
