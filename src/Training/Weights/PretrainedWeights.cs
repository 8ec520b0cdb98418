using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Weights;

/// <summary>Finds the weights that a spec names, and downloads a published file if no folder contains it.</summary>
internal sealed class PretrainedWeights(AssetFolders folders, Downloader downloader)
{
    /// <summary>The file that the spec names; null if it is not on this machine, or if the spec asks for random weights.</summary>
    public string? Find(SpecSource spec)
    {
        if (spec.Plan.WeightSet is { } set) return folders.Find(RemoteFiles.Of(set).RelativePath);
        if (spec.Plan.WeightFile is not { } name) return null;
        string path = Path.GetFullPath(Path.Combine(spec.Folder, name));
        return File.Exists(path) ? path : folders.Find($"weights/{name}");
    }

    /// <summary>Whether the spec asks for random weights, or its file is on this machine.</summary>
    public bool IsHere(SpecSource spec) => (spec.Plan.WeightSet is null && spec.Plan.WeightFile is null) || Find(spec) is not null;

    /// <summary>The file that the spec names, downloaded if necessary; null if the spec asks for random weights.</summary>
    /// <exception cref="TrainingException">The file is missing.</exception>
    public string? Locate(SpecSource spec, CancellationToken cancellation = default)
    {
        if (Find(spec) is { } path) return path;
        if (spec.Plan.WeightSet is { } set) return downloader.Download(RemoteFiles.Of(set), spec.Weights, cancellation);
        if (spec.Plan.WeightFile is not { } name) return null;
        throw spec.Weights.Error(
            TrainingDiagnostics.NoWeightFile, Path.GetFullPath(Path.Combine(spec.Folder, name)),
            $" No folder in ModelSpecAssets or MODELSPEC_ASSETS contains 'weights/{name}' either.");
    }
}
