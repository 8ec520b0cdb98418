using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;

namespace FineTune.Training.Weights;

/// <summary>Finds the weights that a spec names, downloading a published file where no folder has it, and fills the backbone.</summary>
internal sealed class PretrainedWeights(AssetFolders folders, Downloader downloader)
{
    /// <summary>Fills the backbone of <paramref name="module"/>; the head keeps its random weights.</summary>
    /// <returns>The file, or null where the spec asks for random weights.</returns>
    /// <exception cref="TrainingException">The file is missing, damaged, or does not fit.</exception>
    public string? Load(NetworkModule module, SpecSource spec)
    {
        string? path = Locate(spec);
        if (path is not null) BackboneWeights.Load(path, module, spec);
        return path;
    }

    private string? Locate(SpecSource spec)
    {
        if (spec.Network.WeightSet is { } set)
        {
            RemoteFile file = RemoteFiles.Of(set);
            return folders.Find(file.RelativePath) ?? downloader.Download(file, spec.Weights);
        }
        if (spec.Network.WeightFile is not { } name) return null;
        string path = Path.GetFullPath(Path.Combine(spec.Folder, name));
        if (!File.Exists(path)) path = folders.Find($"weights/{name}") ?? path;
        return File.Exists(path) ? path : throw spec.Weights.Error(TrainingDiagnostics.NoWeightFile, path);
    }
}
