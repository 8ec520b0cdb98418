using System.CommandLine;
using FineTune.Images;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Processors;

namespace FineTune.Training.Commands;

/// <summary><c>finetune augment SPEC --out sheet.png</c>: writes a picture of augmented training images.</summary>
internal sealed class AugmentCommand : SpecCommand, IHasExamples
{
    private readonly Option<string> _out = new("--out") { Description = "The PNG file to write.", Required = true };

    public AugmentCommand()
        : base("augment", "Writes a picture of 8 × 8 augmented training images.") => Add(_out);

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune augment flowers.modelspec --out sheet.png"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        Augmenter augmenter = Augmenter.Create(spec, cancellation) ?? throw spec.Name.Error(TrainingDiagnostics.NoAugmentation);
        Devices.Choose("cpu", spec.Name);
        using var client = Downloader.CreateClient();
        AssetFolders assets = Assets(parse);
        DatasetSplit split = new DatasetLoader(assets, new Downloader(assets, log, client), log).Load(spec, cancellation);
        var store = new TensorStore(TensorStore.DefaultBudget(), new CacheFolder(assets.Cache).Scratch);
        // Only the images of the picture are decoded.
        long[] numbers = AugmentationSheet.Choose(split.Train.Count);
        using var images = new ImageSets(spec, new DatasetSplit(split.Root, [.. numbers.Select(n => split.Train[(int)n])], [], []), store);
        int readable = images.Train.Readable(cancellation).Length;
        if (readable == 0) images.ReportUnreadable(log, cancellation);
        if (readable < numbers.Length) log.Line($"{spec.Network.ClassName}: {numbers.Length - readable} of {numbers.Length} images cannot be read and are omitted");
        string path = parse.GetValue(_out)!;
        ImageSize size = ImageSizes.Of(spec.Network);
        AugmentationSheet.Write(path, images.Train, numbers, augmenter, size);
        log.Line($"{spec.Network.ClassName}: wrote {path}");
    }
}
