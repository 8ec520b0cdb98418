using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.WeightFormats.Keras;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using ModelSpec.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Weights;

/// <summary>
/// Loads a backbone from a weight file. The file must contain every tensor of the backbone with its shape. The original top
/// (<see cref="Network.TopKeys"/>) and single numbers are skipped, and any other tensor that the backbone does not have is an error.
/// </summary>
internal static class BackboneWeights
{
    /// <summary>Loads every layer of the backbone.</summary>
    /// <returns>The publisher whose format the file has.</returns>
    /// <param name="path">The file.</param>
    /// <param name="module">The network.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="cancellation">Cancels loading.</param>
    /// <exception cref="TrainingException">The file is damaged, lacks tensors, or contains other tensors or other shapes.</exception>
    public static WeightPublisher Load(string path, NetworkModule module, SpecSource spec, CancellationToken cancellation = default)
    {
        try
        {
            using IWeightFile file = WeightFiles.Open(path, spec.Parts, spec.Weights, cancellation);
            Dictionary<string, string> names = Match(file, path, spec);
            using IDisposable noGradient = no_grad();
            foreach ((string key, Tensor target) in module.Weights().Where(weight => names.ContainsKey(weight.Key)))
            {
                cancellation.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                target.copy_(tensor(file.Read(names[key]), target.shape));
            }
            return WeightPublishers.Of(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw spec.Weights.Error(e, TrainingDiagnostics.DamagedWeights, path, WeightFiles.Reason(e));
        }
    }

    /// <summary>Finds the name in the file of every tensor of the backbone, by state-dict key.</summary>
    private static Dictionary<string, string> Match(IWeightFile file, string path, SpecSource spec)
    {
        bool isKeras = file is KerasWeightFile;
        Dictionary<string, string> unmatched = ByExpectedName(file, path, spec);
        Dictionary<string, IReadOnlyList<long>> shapes = file.Tensors.ToDictionary(static t => t.Name, static t => t.Shape, StringComparer.Ordinal);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        List<string> missing = [];
        foreach (Layer layer in spec.Network.Body)
        {
            foreach (StateTensor tensor in layer.State)
            {
                string expected = Expected(layer, tensor, isKeras);
                if (!unmatched.Remove(expected, out string? name))
                {
                    missing.Add(expected);
                    continue;
                }
                long[] shape = [.. tensor.Shape.Select(static d => (long)d)];
                if (!shapes[name].SequenceEqual(shape))
                {
                    throw spec.Weights.Error(TrainingDiagnostics.WeightShape, path, spec.Network.Backbone,
                        name, string.Join(", ", shapes[name]), string.Join(", ", shape));
                }
                names[layer.KeyOf(tensor)] = name;
            }
        }

        string[] extra = [.. unmatched.Where(entry => shapes[entry.Value].Count > 0 && !IsIgnored(entry.Key, spec.Network)).Select(static entry => entry.Value)];
        if (missing.Count > 0 || extra.Length > 0)
        {
            throw spec.Weights.Error(TrainingDiagnostics.WeightKeys, path, spec.Network.Backbone, Describe(missing, extra));
        }
        return names;
    }

    /// <summary>The names of the file's tensors by their names in the backbone.</summary>
    private static Dictionary<string, string> ByExpectedName(IWeightFile file, string path, SpecSource spec)
    {
        HashSet<string> expected = [.. spec.Network.Body.SelectMany(static layer => layer.State.Select(tensor => Expected(layer, tensor, false)))];
        IEnumerable<KeyValuePair<string, string>> all = file is KerasWeightFile keras
            ? KerasMatch.Find(keras, spec.Network.Body, layer => Rename(layer + ".", spec.Plan).TrimEnd('.'))
            : file.Tensors.Select(tensor => KeyValuePair.Create(Renamed(file.Prefix, tensor.Name), tensor.Name));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string inFile) in all)
        {
            if (names.TryAdd(name, inFile)) continue;
            throw spec.Weights.Error(TrainingDiagnostics.SameName, path, names[name], inFile, name);
        }
        return names;

        // A rename may include the prefix of data-parallel training, as in the file, and a backbone may have a layer of that name.
        string Renamed(string prefix, string name) =>
            Rename(prefix + name, spec.Plan) is var whole && (whole != prefix + name || expected.Contains(whole)) ? whole : Rename(name, spec.Plan);
    }

    /// <summary>The name of a tensor in a file: Keras's files use the names of layers, others use state-dict keys.</summary>
    private static string Expected(Layer layer, StateTensor tensor, bool isKeras) =>
        Layer.Join(isKeras ? layer.Name : layer.Key, tensor);

    private static string Rename(string name, TrainingPlan plan) =>
        plan.WeightSet?.Rename.Select(rename => rename.Apply(name)).FirstOrDefault(static renamed => renamed is not null) ?? name;

    /// <summary>The original top, a head of this project, and unused counters.</summary>
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
        if (extra.Length > 0) parts.Add("it also has " + string.Join(", ", extra.Select(static name => $"'{name}'")));
        return string.Join("; ", parts);
    }
}
