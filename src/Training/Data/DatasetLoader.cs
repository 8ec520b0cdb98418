using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;

namespace FineTune.Training.Data;

/// <summary>Finds the images that a spec names and divides them.</summary>
internal sealed class DatasetLoader(AssetFolders folders, Downloader downloader)
{
    private static readonly IDatasetImporter[] Catalogue = [new Flowers17Importer()];

    /// <summary>Whether a spec's dataset is on this machine, so that nothing needs to be downloaded.</summary>
    public bool IsHere(SpecSource spec) => Importer(spec) is { } importer ? importer.Find(folders) is not null : Directory.Exists(Root(spec));

    /// <summary>Finds and divides the images of a spec.</summary>
    /// <exception cref="TrainingException">The dataset is missing or does not fit the spec.</exception>
    public DatasetSplit Load(SpecSource spec, CancellationToken cancellation = default)
    {
        if (spec.Plan.Split is FolderSplit split)
        {
            return new DatasetSplit(
                Root(spec), Part(split.Train, spec), split.Validation is null ? [] : Part(split.Validation, spec), Part(split.Test, spec));
        }

        IReadOnlyList<LabeledImage> images = Importer(spec)?.Import(spec, folders, downloader, cancellation) ?? FolderImporter.Import(Root(spec), spec);
        return Divide(images, (FractionSplit)spec.Plan.Split, spec, Importer(spec)?.Find(folders) ?? Root(spec));
    }

    /// <summary>Divides the images of each class by the seed, so that every part has every class in the same proportion.</summary>
    public static DatasetSplit Divide(IReadOnlyList<LabeledImage> images, FractionSplit split, SpecSource spec, string root)
    {
        List<LabeledImage> train = [], validation = [], test = [];
        foreach (IGrouping<int, LabeledImage> group in images.GroupBy(static i => i.Class))
        {
            LabeledImage[] shuffled = [.. group];
            new SeededRandom(spec.Plan.Seed, group.Key).Shuffle<LabeledImage>(shuffled);
            int testCount = Share(split.Test, shuffled.Length);
            int validationCount = Share(split.Validation, shuffled.Length);
            int trainCount = shuffled.Length - testCount - validationCount;
            Require(trainCount, "training", group.Key, shuffled.Length, spec);
            Require(testCount, "testing", group.Key, shuffled.Length, spec);
            if (split.Validation > 0) Require(validationCount, "validation", group.Key, shuffled.Length, spec);
            train.AddRange(shuffled[..trainCount]);
            validation.AddRange(shuffled[trainCount..(trainCount + validationCount)]);
            test.AddRange(shuffled[(trainCount + validationCount)..]);
        }
        return new DatasetSplit(root, train, validation, test);
    }

    private static IDatasetImporter? Importer(SpecSource spec) =>
        spec.Plan.Split is FolderSplit ? null : Array.Find(Catalogue, i => i.Name == spec.Plan.Source);

    private static string Root(SpecSource spec) => Path.GetFullPath(Path.Combine(spec.Folder, spec.Plan.Source));

    /// <summary>The images of a part that has a folder of its own.</summary>
    private static List<LabeledImage> Part(string name, SpecSource spec) =>
        [.. FolderImporter.Import(Path.Combine(Root(spec), name), spec).Select(image => image with { Name = $"{name}/{image.Name}" })];

    private static int Share(double fraction, int count) => (int)Math.Round(fraction * count, MidpointRounding.AwayFromZero);

    private static void Require(int count, string part, int index, int all, SpecSource spec)
    {
        ClassLabel label = spec.Network.Classes[index];
        if (count < 1) throw spec.Split.Error(TrainingDiagnostics.SplitTooSmall, label.Text, all, part);
    }
}
