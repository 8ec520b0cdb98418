using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Weights;
using static TorchSharp.torch;

namespace FineTune.Training.Weights;

/// <summary>Finds the weights that a spec names, downloading a published file where no folder has it, and fills the backbone.</summary>
internal sealed class PretrainedWeights(AssetFolders folders, Downloader downloader)
{
    /// <summary>Fills the backbone of <paramref name="module"/>; the head keeps its random weights.</summary>
    /// <returns>The file, or null where the spec asks for random weights.</returns>
    /// <exception cref="TrainingException">The file is missing, damaged, or does not fit.</exception>
    public string? Load(NetworkModule module, SpecSource spec)
    {
        if (Locate(spec) is not { } path) return null;
        if (path.EndsWith(".h5", StringComparison.OrdinalIgnoreCase)) KerasWeights.Load(path, module, spec);
        else LoadSafetensors(path, module, spec);
        return path;
    }

    private string? Locate(SpecSource spec)
    {
        if (spec.Network.WeightSet is { } set)
        {
            var file = new RemoteFile(set.File, set.Url, set.Digest, $"weights/{set.File}");
            return folders.Find(file.RelativePath) ?? downloader.Download(file, spec.Weights);
        }
        if (spec.Network.WeightFile is not { } name) return null;
        string path = Path.GetFullPath(Path.Combine(spec.Folder, name));
        if (!File.Exists(path)) path = folders.Find($"weights/{name}") ?? path;
        return File.Exists(path) ? path : throw spec.Weights.Error(TrainingDiagnostics.NoWeightFile, path);
    }

    private static void LoadSafetensors(string path, NetworkModule module, SpecSource spec)
    {
        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(module);
        Dictionary<string, Tensor> body = spec.Network.Body
            .SelectMany(static layer => layer.State.Select(tensor => $"{layer.Key}.{tensor.Name}"))
            .ToDictionary(static key => key, key => state[key], StringComparer.Ordinal);
        try
        {
            using FileStream file = File.OpenRead(path);
            SafetensorsLoader.Load(file, body, "It");
        }
        catch (InvalidDataException e)
        {
            throw spec.Weights.Error(e, TrainingDiagnostics.DamagedWeights, path, e.Message);
        }
    }
}
