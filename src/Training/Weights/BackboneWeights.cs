using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using ModelSpec.Language;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Weights;

/// <summary>
/// Fills a backbone from a weight file. Every tensor of the backbone must be there with its shape; the file's own top
/// (<see cref="Network.TopKeys"/>) is left unread, and anything else that the backbone does not have is an error.
/// </summary>
internal static class BackboneWeights
{
    /// <summary>Loads every layer of the backbone.</summary>
    /// <exception cref="TrainingException">The file is damaged, lacks tensors, has others, or has other shapes.</exception>
    public static void Load(string path, NetworkModule module, SpecSource spec)
    {
        try
        {
            using IWeightFile file = WeightFiles.Open(path, spec.Network.Body, out bool byLayerName);
            Dictionary<string, string> names = Match(file, path, byLayerName, spec);
            using IDisposable noGradient = no_grad();
            foreach ((string key, Tensor target) in module.Weights().Where(weight => names.ContainsKey(weight.Key)))
            {
                using DisposeScope scope = NewDisposeScope();
                target.copy_(tensor(file.Read(names[key]), target.shape));
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw spec.Weights.Error(e, TrainingDiagnostics.DamagedWeights, path, e.Message);
        }
    }

    /// <summary>Finds the file's name of every tensor of the backbone, by state-dict key.</summary>
    private static Dictionary<string, string> Match(IWeightFile file, string path, bool byLayerName, SpecSource spec)
    {
        Dictionary<string, string> unmatched = file.Shapes.Keys.ToDictionary(name => Rename(name, spec.Network), static name => name, StringComparer.Ordinal);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        List<string> missing = [];
        foreach (Layer layer in spec.Network.Body)
        {
            foreach (StateTensor tensor in layer.State)
            {
                string expected = $"{(byLayerName ? layer.Name : layer.Key)}.{tensor.Name}";
                if (!unmatched.Remove(expected, out string? name))
                {
                    missing.Add(expected);
                    continue;
                }
                long[] shape = [.. tensor.Shape.Select(static d => (long)d)];
                if (!file.Shapes[name].SequenceEqual(shape))
                {
                    throw spec.Weights.Error(TrainingDiagnostics.WeightShape, path, spec.Network.Backbone,
                        name, string.Join(", ", file.Shapes[name]), string.Join(", ", shape));
                }
                names[$"{layer.Key}.{tensor.Name}"] = name;
            }
        }

        string[] extra = [.. unmatched.Where(entry => !IsIgnored(entry.Key, spec.Network)).Select(static entry => entry.Value)];
        if (missing.Count > 0 || extra.Length > 0)
        {
            throw spec.Weights.Error(TrainingDiagnostics.WeightKeys, path, spec.Network.Backbone, Describe(missing, extra));
        }
        return names;
    }

    private static string Rename(string name, Network network)
    {
        foreach ((string from, string to) in network.WeightSet?.Rename.Select(static r => (r.From, r.To)) ?? [])
        {
            if (name.StartsWith(from, StringComparison.Ordinal)) return to + name[from.Length..];
        }
        return name;
    }

    /// <summary>The backbone's own top, a head of ours, and counters that nothing uses.</summary>
    private static bool IsIgnored(string name, Network network) =>
        name.StartsWith("head.", StringComparison.Ordinal)
        || name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)
        || network.TopKeys.Any(top => name.StartsWith(top, StringComparison.Ordinal));

    private static string Describe(List<string> missing, string[] extra)
    {
        List<string> parts = [];
        if (missing.Count > 0)
        {
            parts.Add("it lacks " + string.Join(", ", missing.Select(name =>
                NearestName.Find(name, extra) is { } nearest ? $"'{name}' (has '{nearest}')" : $"'{name}'")));
        }
        if (extra.Length > 0) parts.Add("it has besides " + string.Join(", ", extra.Select(static name => $"'{name}'")));
        return string.Join("; ", parts);
    }
}
