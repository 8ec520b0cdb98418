using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;

namespace FineTune.Training.Data;

/// <summary>Finds the images that a spec names and divides them.</summary>
internal sealed class DatasetLoader(AssetFolders folders, Downloader downloader)
{
    private static readonly IDatasetImporter[] Catalogue = [new Flowers17Importer()];

    /// <summary>Finds and divides the images of a spec.</summary>
    /// <exception cref="TrainingException">The dataset is missing or does not fit the spec.</exception>
    public DatasetSplit Load(SpecSource spec)
    {
        string source = spec.Network.Source;
        IDatasetImporter? importer = Array.Find(Catalogue, i => i.Name == source);
        string root = Path.GetFullPath(Path.Combine(spec.Folder, source));
        if (spec.Network.Split is FolderSplit split)
        {
            return new DatasetSplit(
                FolderImporter.Import(Path.Combine(root, split.Train), spec),
                split.Validation is null ? [] : FolderImporter.Import(Path.Combine(root, split.Validation), spec),
                FolderImporter.Import(Path.Combine(root, split.Test), spec));
        }

        IReadOnlyList<LabeledImage> images = importer is null ? FolderImporter.Import(root, spec) : importer.Import(spec, folders, downloader);
        return Divide(images, (FractionSplit)spec.Network.Split, spec);
    }

    /// <summary>Divides the images of each class by the seed, so that every part has every class in the same proportion.</summary>
    public static DatasetSplit Divide(IReadOnlyList<LabeledImage> images, FractionSplit split, SpecSource spec)
    {
        List<LabeledImage> train = [], validation = [], test = [];
        foreach (IGrouping<int, LabeledImage> group in images.GroupBy(static i => i.Class))
        {
            LabeledImage[] shuffled = [.. group];
            new SeededRandom(spec.Network.Seed, group.Key).Shuffle<LabeledImage>(shuffled);
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
        return new DatasetSplit(train, validation, test);
    }

    private static int Share(double fraction, int count) => (int)Math.Round(fraction * count, MidpointRounding.AwayFromZero);

    private static void Require(int count, string part, int index, int all, SpecSource spec)
    {
        ClassLabel label = spec.Network.Classes[index];
        if (count < 1) throw spec.Split.Error(TrainingDiagnostics.SplitTooSmall, label.Text, all, part);
    }
}
