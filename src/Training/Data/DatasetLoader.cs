using System.Globalization;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Inspection;
using FineTune.Training.Plugins;
using ModelSpec.Language;
using ModelSpec.Networks;

namespace FineTune.Training.Data;

/// <summary>Runs the importer that a spec names, and divides the images.</summary>
/// <param name="folders">The folders of datasets, and the cache.</param>
/// <param name="downloader">Downloads datasets.</param>
/// <param name="log">Receives the messages of importers.</param>
internal sealed class DatasetLoader(AssetFolders folders, Downloader downloader, IProgressLog log)
{
    /// <summary>Whether a spec's dataset is on this machine, so that nothing needs to be downloaded.</summary>
    /// <exception cref="TrainingException">The importer failed.</exception>
    public bool IsHere(SpecSource spec, CancellationToken cancellation = default)
    {
        RegisteredPart<IDatasetImporter> importer = spec.Parts.Find<IDatasetImporter>(spec.Plan.Importer.Word);
        PartPlace place = Place(spec);
        return PartCall.Run(importer, place, () => importer.Part.IsHere(Context(place, spec.Plan.Importer.Argument, cancellation)), cancellation);
    }

    /// <summary>Finds and divides the images of a spec.</summary>
    /// <exception cref="TrainingException">The dataset is missing or does not fit the spec.</exception>
    public DatasetSplit Load(SpecSource spec, CancellationToken cancellation = default)
    {
        if (spec.Plan.Split is FolderSplit folderSplit) return LoadFolders(spec, folderSplit, cancellation);
        // Before anything is downloaded.
        IReadOnlyList<ImageList> lists = ImageList.ReadAll(spec);
        RequireOfficial(spec);
        (string root, IReadOnlyList<ImportedImage> images) = Import(spec, spec.Plan.Importer.Word, spec.Plan.Importer.Argument, cancellation);
        if (lists.Count > 0) return ListedSplit.Divide(lists, images, root, spec);
        if (spec.Plan.Split is OfficialSplit official) CheckOfficial(official, images, spec);
        if (images is not [{ Part: not null }, ..]) return Group(Divide([.. images.Select(Labeled)], (FractionSplit)spec.Plan.Split, spec, root), spec, cancellation);
        if (spec.Plan.Grouping != ImageGrouping.None) throw spec.Group.Error(TrainingDiagnostics.GroupOfImporter, spec.Plan.Importer.Word);
        return new DatasetSplit(root, Those(DatasetPart.Train), Those(DatasetPart.Validation), Those(DatasetPart.Test), IsGiven: true);

        IReadOnlyList<LabeledImage> Those(DatasetPart part) => [.. images.Where(image => image.Part == part).Select(Labeled)];
    }

    /// <summary>Checks, before anything is downloaded, that the importer has the official split of the spec.</summary>
    private static void RequireOfficial(SpecSource spec)
    {
        if (spec.Plan.Split is not OfficialSplit { Number: var number }) return;
        int known = spec.Parts.Find<IDatasetImporter>(spec.Plan.Importer.Word).Part.OfficialSplits;
        if (number <= known) return;
        throw spec.Split.Error(TrainingDiagnostics.NoOfficialSplit, spec.Plan.Source, number, known switch
        {
            0 => "it has none. Write fractions, folders or lists of images",
            1 => "it has one. Write official = 1",
            _ => string.Create(CultureInfo.InvariantCulture, $"it has {known}. Write a number from 1 to {known}"),
        });
    }

    /// <summary>Checks what the contract of importers leaves open: that all images have a part, and that there are validation images if a stage needs them.</summary>
    private static void CheckOfficial(OfficialSplit official, IReadOnlyList<ImportedImage> images, SpecSource spec)
    {
        if (images[0].Part is null)
        {
            RegisteredPart<IDatasetImporter> importer = spec.Parts.Find<IDatasetImporter>(spec.Plan.Importer.Word);
            throw Place(spec).At(null).Error(
                TrainingDiagnostics.BrokenContract, importer.Title, importer.Plugin.Name, $"it gives no image a part, although the spec selects its official split {official.Number}.");
        }
        if (!images.Any(static image => image.Part == DatasetPart.Validation) && spec.Plan.Stages.Any(static stage => stage.EarlyStopping is not null))
        {
            throw spec.Split.Error(TrainingDiagnostics.NoOfficialValidation, spec.Plan.Source, official.Number);
        }
    }

    /// <summary>Keeps images that look alike in one part, if the spec asks for it. Images that were not seen before are decoded.</summary>
    private DatasetSplit Group(DatasetSplit drawn, SpecSource spec, CancellationToken cancellation)
    {
        if (spec.Plan.Grouping == ImageGrouping.None) return drawn;
        LabeledImage[] images = [.. drawn.Train, .. drawn.Validation, .. drawn.Test];
        IReadOnlyList<IReadOnlyList<int>> groups;
        try
        {
            (IReadOnlyList<ImagePrint?> prints, int decoded) = new PrintCache(new CacheFolder(folders.Cache)).Of(images, drawn.Root, spec.Network, cancellation);
            groups = ImageGroups.Of(images.Length, NearDuplicates.Find(prints, cancellation));
            if (decoded > 0) log.Line(FormattableString.Invariant($"{spec.Network.ClassName}: compared {images.Length} images; {groups.Count} groups of near-duplicates stay together"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.DataSource.Error(e, TrainingDiagnostics.UnreadableFile, "dataset", e.Message.TrimEnd('.') + ".");
        }
        var split = (FractionSplit)spec.Plan.Split;
        DatasetSplit grouped = GroupedSplit.Of(drawn, groups);
        foreach (int index in images.Select(static image => image.Class).Distinct())
        {
            int all = images.Count(image => image.Class == index);
            Require(Of(grouped.Train), "training", index, all, spec.Group, spec);
            Require(Of(grouped.Test), "testing", index, all, spec.Group, spec);
            if (split.Validation > 0) Require(Of(grouped.Validation), "validation", index, all, spec.Group, spec);

            int Of(IReadOnlyList<LabeledImage> part) => part.Count(image => image.Class == index);
        }
        return grouped;
    }

    /// <summary>Lists the images of a split into folders.</summary>
    private DatasetSplit LoadFolders(SpecSource spec, FolderSplit split, CancellationToken cancellation)
    {
        string argument = spec.Plan.Importer.Argument;
        foreach ((DatasetPart part, string? name) in
            (ReadOnlySpan<(DatasetPart, string?)>)[(DatasetPart.Train, split.Train), (DatasetPart.Validation, split.Validation), (DatasetPart.Test, split.Test)])
        {
            string file = Path.GetFullPath(Path.Combine(spec.Folder, name ?? ""));
            if (!File.Exists(file)) continue;
            throw spec.SplitOf(part).Error(TrainingDiagnostics.UnreadableList, file, $"the names of lists end with {ListSplit.Extension}; other names are those of folders.");
        }
        if (spec.Plan.Importer.Word != PluginWords.Folders) throw spec.Split.Error(TrainingDiagnostics.FoldersOfImporter, spec.Plan.Importer.Word);
        string root = Path.GetFullPath(Path.Combine(spec.Folder, argument));
        return new DatasetSplit(root, Part(split.Train), split.Validation is null ? [] : Part(split.Validation), Part(split.Test));

        IReadOnlyList<LabeledImage> Part(string name) =>
            [.. Import(spec, PluginWords.Folders, Path.Combine(argument, name), cancellation).Images.Select(image => Labeled(image) with { Name = $"{name}/{image.Name}" })];
    }

    /// <summary>Lists the images of a folder that has a folder for each class.</summary>
    /// <exception cref="TrainingException">The folder is missing or does not fit the spec's classes.</exception>
    public IReadOnlyList<LabeledImage> List(string folder, SpecSource spec, CancellationToken cancellation = default) =>
        [.. Import(spec, PluginWords.Folders, folder, cancellation).Images.Select(Labeled)];

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
            Require(trainCount, "training", group.Key, shuffled.Length, spec.Split, spec);
            Require(testCount, "testing", group.Key, shuffled.Length, spec.Split, spec);
            if (split.Validation > 0) Require(validationCount, "validation", group.Key, shuffled.Length, spec.Split, spec);
            train.AddRange(shuffled[..trainCount]);
            validation.AddRange(shuffled[trainCount..(trainCount + validationCount)]);
            test.AddRange(shuffled[(trainCount + validationCount)..]);
        }
        return new DatasetSplit(root, train, validation, test);
    }

    private static LabeledImage Labeled(ImportedImage image) => new(image.Path, image.Name, image.Class);

    private static PartPlace Place(SpecSource spec) => new(spec, spec.Spec.Data.Importer);

    private (string Root, IReadOnlyList<ImportedImage> Images) Import(SpecSource spec, string word, string argument, CancellationToken cancellation)
    {
        RegisteredPart<IDatasetImporter> importer = spec.Parts.Find<IDatasetImporter>(word);
        PartPlace place = Place(spec);
        ImportedDataset dataset = PartCall.Run(importer, place, () => importer.Part.Import(Context(place, argument, cancellation)), cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (Fault(dataset.Images, spec.Network.Classes.Count) is { } fault)
        {
            throw place.At(null).Error(TrainingDiagnostics.BrokenContract, importer.Title, importer.Plugin.Name, fault);
        }
        // The order must not depend on the importer or on the machine.
        return (dataset.Root, [.. dataset.Images.OrderBy(static image => image.Class).ThenBy(static image => image.Name, StringComparer.Ordinal)]);
    }

    private ImportContext Context(PartPlace place, string argument, CancellationToken cancellation) => new()
    {
        Folder = place.Spec.Folder,
        Classes = [.. place.Spec.Network.Classes.Select(static c => c.Text)],
        Values = place.Values,
        Report = new PartReport(place, log),
        Cancellation = cancellation,
        Argument = argument,
        OfficialSplit = (place.Spec.Plan.Split as OfficialSplit)?.Number,
        Assets = new PartAssets(folders, downloader, place.At(null), cancellation),
    };

    /// <summary>The violation of the contract by an importer; null if there is none.</summary>
    private static string? Fault(IReadOnlyList<ImportedImage> images, int classes)
    {
        if (images.Count == 0) return "its dataset has no images.";
        if (images.FirstOrDefault(image => image.Class < 0 || image.Class >= classes) is { } wrong)
        {
            return $"'{wrong.Name}' has the class {wrong.Class}, but the spec has {classes} classes, from 0.";
        }
        if (images.GroupBy(static image => image.Name, StringComparer.Ordinal).FirstOrDefault(static group => group.Skip(1).Any()) is { } twice)
        {
            return $"its dataset has two images '{twice.Key}'.";
        }
        int divided = images.Count(static image => image.Part is not null);
        if (divided == 0) return null;
        if (divided < images.Count) return $"{divided} of {images.Count} images have a part; either all have one, or none has.";
        foreach (DatasetPart part in (DatasetPart[])[DatasetPart.Train, DatasetPart.Test])
        {
            if (!images.Any(image => image.Part == part)) return $"no image is in the part {part.ToString().ToLowerInvariant()}.";
        }
        return null;
    }

    private static int Share(double fraction, int count) => (int)Math.Round(fraction * count, MidpointRounding.AwayFromZero);

    private static void Require(int count, string part, int index, int all, SpecLocation place, SpecSource spec)
    {
        ClassLabel label = spec.Network.Classes[index];
        if (count < 1) throw place.Error(TrainingDiagnostics.SplitTooSmall, label.Text, all, part);
    }
}
