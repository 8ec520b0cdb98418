using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Weights;

namespace FineTune.Training.Weights;

/// <summary>Trained weights of a whole network.</summary>
internal static class TrainedWeights
{
    /// <summary>The file next to a spec that a training writes by default.</summary>
    public static string FileOf(SpecSource spec) => Path.ChangeExtension(spec.Spec.Path, ".safetensors");

    /// <summary>What a weight file says about the certainty of its network's answers.</summary>
    /// <exception cref="TrainingException">The file is missing or damaged.</exception>
    public static Certainty CertaintyOf(string path, SpecSource spec)
    {
        if (!File.Exists(path)) throw spec.Name.Error(TrainingDiagnostics.NoTrainedWeights, path);
        try
        {
            using FileStream file = File.OpenRead(path);
            return Certainty.Read(SafetensorsHeader.Read(file, file.Length).Metadata);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.DamagedWeights, path, e.Message);
        }
    }

    /// <summary>Loads weights into a network.</summary>
    /// <exception cref="TrainingException">The file is missing, damaged, or of another network.</exception>
    public static void Load(string path, NetworkModule module, SpecSource spec)
    {
        if (!File.Exists(path)) throw spec.Name.Error(TrainingDiagnostics.NoTrainedWeights, path);
        try
        {
            using FileStream file = File.OpenRead(path);
            SafetensorsLoader.Load(file, ModuleState.Of(module), $"'{path}'");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.DamagedWeights, path, e.Message);
        }
    }
}
