using FineTune.Images;
using FineTune.Training.Importers;
using ModelSpec.Language;

namespace FineTune.Training.NewProjects;

/// <summary>The images of one class.</summary>
/// <param name="Name">The name of its folder, which is the class.</param>
/// <param name="Train">How many images it has to train with, or altogether where the folder is not divided.</param>
/// <param name="Test">How many images it has to test with; 0 where the folder is not divided.</param>
internal sealed record ClassImages(string Name, int Train, int Test)
{
    /// <summary>How many images it has.</summary>
    public int Count => Train + Test;
}

/// <summary>The parts of a folder that comes divided.</summary>
/// <param name="Train">The folder of the training images.</param>
/// <param name="Validation">The folder of the validation images, or null.</param>
/// <param name="Test">The folder of the test images.</param>
internal sealed record DividedFolder(string Train, string? Validation, string Test);

/// <summary>A folder of images as it is: one folder per class, or one for each part with the classes below.</summary>
/// <param name="Root">The folder.</param>
/// <param name="Classes">The classes in ordinal order of their names.</param>
/// <param name="Division">The parts, or null where it is not divided.</param>
/// <param name="Remarks">What a person should know: odd files, broken and small images, unbalanced classes.</param>
internal sealed record ImageFolder(string Root, IReadOnlyList<ClassImages> Classes, DividedFolder? Division, IReadOnlyList<string> Remarks)
{
    /// <summary>How many times the smallest class the largest one may have without being called unbalanced.</summary>
    public const double Balanced = 3;

    /// <summary>How many of many odd files are named.</summary>
    private const int Named = 5;

    /// <summary>Images whose shorter side is below half of the usual input look blurred when they are enlarged.</summary>
    private const int SmallSide = 112;

    private static readonly ImageSize Probe = new(32, 32);

    /// <summary>How many images there are.</summary>
    public int Count => Classes.Sum(static c => c.Count);

    /// <summary>The largest class as a multiple of the smallest one.</summary>
    public double Imbalance => (double)Classes.Max(static c => c.Count) / Math.Max(1, Classes.Min(static c => c.Count));

    /// <summary>Reads a folder, decoding every image once.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">It cannot be learnt from: too few classes or images, or two folders of one class. The message says why.</exception>
    public static ImageFolder Read(string root, CancellationToken cancellation = default)
    {
        string[] top = Folders(root);
        DividedFolder? division = Divide(top);
        string[] parts = division is null ? [root] : [.. new[] { division.Train, division.Validation, division.Test }.OfType<string>().Select(part => Path.Combine(root, part))];
        string[] names = [.. parts.SelectMany(Folders).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.GroupBy(ClassFolders.Normalize).FirstOrDefault(static g => g.Skip(1).Any()) is { } twice)
        {
            throw new InvalidDataException($"the folders {Join(twice)} are the same class (case, spaces, '-' and '_' do not matter). Move their images into one of them.");
        }

        List<string> remarks = [], images = [], strange = [];
        List<ClassImages> classes = [];
        foreach (string name in names)
        {
            int train = 0, test = 0;
            foreach (string part in parts)
            {
                string folder = Path.Combine(part, name);
                if (!Directory.Exists(folder)) continue;
                string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
                string[] found = [.. files.Where(IsImageName)];
                strange.AddRange(files.Except(found));
                images.AddRange(found);
                if (division is not null && part == parts[^1]) test += found.Length;
                else if (division is null || part == parts[0]) train += found.Length;
            }
            if (train + test == 0) remarks.Add($"'{name}' has no images and is not a class; move the folder away, or a training stops at it");
            else classes.Add(new ClassImages(name, train, test));
        }
        strange.AddRange(Directory.EnumerateFiles(root).Where(static f => !Path.GetFileName(f).StartsWith('.')));
        Require(classes, division);

        if (strange.Count > 0) remarks.Add($"{Plural(strange.Count, "file")} not used (not an image, or not in the folder of a class): {Sample(strange, root)}");
        remarks.AddRange(CheckImages(images, root, cancellation));
        var result = new ImageFolder(root, classes, division, remarks);
        return result.Imbalance < Balanced ? result : result with { Remarks = [.. remarks, Unbalanced(classes)] };
    }

    private static bool IsImageName(string file) => FoldersImporter.Extensions.Contains(Path.GetExtension(file));

    private static string[] Folders(string root) =>
        [.. Directory.EnumerateDirectories(root).Select(static folder => Path.GetFileName(folder)).Where(static name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>The parts, where the folders have their usual names.</summary>
    private static DividedFolder? Divide(string[] names)
    {
        string? train = Find("train", "training"), validation = Find("val", "valid", "validation"), test = Find("test", "testing");
        if (train is null || (validation ?? test) is null || names.Length > 3) return null;
        return test is null ? new DividedFolder(train, null, validation!) : new DividedFolder(train, validation, test);

        string? Find(params string[] words) => names.FirstOrDefault(name => words.Contains(name, StringComparer.OrdinalIgnoreCase));
    }

    private static void Require(List<ClassImages> classes, DividedFolder? division)
    {
        if (classes.Count < 2)
        {
            string found = classes.Count == 0 ? "no folder with images" : $"one, '{classes[0].Name}'";
            throw new InvalidDataException($"a classifier needs at least two classes, each with a folder of images, and there is {found}.");
        }
        foreach (ClassImages c in classes)
        {
            if (division is null ? c.Count < 2 : c.Train == 0 || c.Test == 0)
            {
                throw new InvalidDataException($"the class '{c.Name}' has too few images: it needs at least one to train with and one to test with.");
            }
        }
    }

    /// <summary>Decodes every image, at a small size.</summary>
    private static IEnumerable<string> CheckImages(List<string> images, string root, CancellationToken cancellation)
    {
        var broken = new string?[images.Count];
        bool[] small = new bool[images.Count];
        Parallel.For(0, images.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            try
            {
                ArraySegment<byte> encoded = EncodedImage.Read(images[i], ImageLimits.Default);
                ImageDecoder.Decode(encoded, Probe, new byte[Probe.Bytes]);
                ImageSize size = ImageDecoder.ReadSize(encoded);
                small[i] = Math.Min(size.Height, size.Width) < SmallSide;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                broken[i] = e.Message;
            }
        });
        string[] unreadable = [.. images.Where((_, i) => broken[i] is not null)];
        if (unreadable.Length > 0)
        {
            string share = unreadable.Length * 100 > images.Count ? "A training stops if more than 1% are: repair or remove them" : "They are skipped";
            yield return $"{Plural(unreadable.Length, "broken image")}: {Sample(unreadable, root)} ({broken.First(static b => b is not null)!.TrimEnd('.')}). {share}";
        }
        string[] tiny = [.. images.Where((_, i) => small[i])];
        if (tiny.Length > 0) yield return $"{Plural(tiny.Length, "small image")} (a side below {SmallSide} pixels), which a training enlarges: {Sample(tiny, root)}";
    }

    private static string Unbalanced(List<ClassImages> classes)
    {
        ClassImages largest = classes.MaxBy(static c => c.Count)!, smallest = classes.MinBy(static c => c.Count)!;
        return $"the classes are unbalanced: '{largest.Name}' has {largest.Count} images, '{smallest.Name}' {smallest.Count}. Images of rare classes get more weight (class_weights)";
    }

    private static string Sample(IReadOnlyCollection<string> files, string root) =>
        Join(files.Take(Named).Select(file => Path.GetRelativePath(root, file))) + (files.Count > Named ? " …" : "");

    private static string Plural(int count, string name) => count == 1 ? $"1 {name}" : $"{count} {name}s";

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Select(static name => $"'{name}'"));
}
