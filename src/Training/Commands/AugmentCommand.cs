using System.CommandLine;
using FineTune.Images;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;

namespace FineTune.Training.Commands;

/// <summary><c>finetune augment SPEC --out sheet.png</c>: shows what training sees.</summary>
internal sealed class AugmentCommand : SpecCommand
{
    private readonly Option<string> _out = new("--out") { Description = "The PNG file to write.", Required = true };

    public AugmentCommand()
        : base("augment", "Writes a picture of 8 × 8 augmented training images.") => Add(_out);

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        if (spec.Network.Augmentation is not { } augmentation)
        {
            throw spec.Name.Error(TrainingDiagnostics.NoAugmentation);
        }
        Devices.Choose("cpu", spec.Name);
        using var client = Downloader.CreateClient();
        AssetFolders assets = Assets(parse);
        DatasetSplit split = new DatasetLoader(assets, new Downloader(assets, log, client)).Load(spec);
        var store = new TensorStore(TensorStore.DefaultBudget(), new StageCache(assets.Cache).ScratchFolder);
        using var images = new ImageSets(spec, split, store);
        images.ReportUnreadable(log);
        string path = parse.GetValue(_out)!;
        var size = new ImageSize(spec.Network.InputHeight, spec.Network.InputWidth);
        AugmentationSheet.Write(path, images.Train, new Augmenter(augmentation, spec.Network.Seed), size);
        log.Line($"{spec.Network.ClassName}: wrote {path}");
    }
}
