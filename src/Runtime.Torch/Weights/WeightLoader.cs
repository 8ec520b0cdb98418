using System.Reflection;
using FineTune.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Weights;

/// <summary>Fills classifiers with trained weights.</summary>
internal static class WeightLoader
{
    /// <summary>Fills a network from a safetensors file, moves it to its device and puts it into evaluation mode.</summary>
    /// <param name="network">The network, whose tensors may be without storage.</param>
    /// <param name="meaning">What the file's numbers must mean; null to accept every file whose tensors fit.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">The device; null for the defaults.</param>
    /// <returns>The file's metadata.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, does not fit the network, or was trained for something else.</exception>
    /// <exception cref="InvalidOperationException">The device does not exist.</exception>
    public static IReadOnlyDictionary<string, string> LoadFile(nn.Module network, WeightsMeaning? meaning, string path, ClassifierLoadOptions? options)
    {
        using FileStream file = File.OpenRead(path);
        // Read, not mapped: the file is the user's, who may replace it while the classifier lives.
        return Fill(network, meaning, SafetensorsLoader.Open(file, null, ModuleState.Of(network), $"'{path}'"), $"'{path}'", options);
    }

    /// <summary>Fills a network from the resource that the build embedded, moves it to its device and puts it into evaluation mode.</summary>
    /// <param name="network">The network, whose tensors may be without storage.</param>
    /// <param name="meaning">What the file's numbers must mean; null to accept every file whose tensors fit.</param>
    /// <param name="assembly">The assembly that has the resource.</param>
    /// <param name="resource">Its name.</param>
    /// <param name="options">The device; null for the defaults.</param>
    /// <returns>The file's metadata.</returns>
    /// <exception cref="InvalidDataException">The weights do not fit the network, or were trained for something else.</exception>
    /// <exception cref="InvalidOperationException">The assembly was built without trained weights, or the device does not exist.</exception>
    public static IReadOnlyDictionary<string, string> LoadResource(
        nn.Module network, WeightsMeaning? meaning, Assembly assembly, string resource, ClassifierLoadOptions? options)
    {
        using Stream stream = EmbeddedWeights.Open(assembly, resource, network.GetName());
        // Prepare the first pass in parallel with loading. We wait for it, because exiting the process while it runs would crash.
        Task<bool> preparation = Task.Run(static () => OneDnn.IsAvailable);
        try
        {
            string source = EmbeddedWeights.Describe(assembly);
            return Fill(
                network, meaning, SafetensorsLoader.Open(stream, ResourceFile.Find(assembly, resource), ModuleState.Of(network), source), source, options);
        }
        finally
        {
            preparation.Wait();
        }
    }

    private static IReadOnlyDictionary<string, string> Fill(
        nn.Module network, WeightsMeaning? meaning, LoadedWeights weights, string source, ClassifierLoadOptions? options)
    {
        try
        {
            Device device = Find(options ?? new ClassifierLoadOptions());
            meaning?.Require(weights.Metadata, source, network.GetName());
            ModuleState.Replace(network, weights.Tensors);
            if (device.type != DeviceType.CPU) network.to(device);
        }
        catch
        {
            foreach (Tensor tensor in weights.Tensors.Values) tensor.Dispose();
            throw;
        }
        network.eval();
        return weights.Metadata;
    }

    private static Device Find(ClassifierLoadOptions options)
    {
        if (options.FindCudaIndex() is not { } index) return CPU;
        int count = cuda.is_available() ? cuda.device_count() : 0;
        return index < count
            ? device(DeviceType.CUDA, index)
            : throw new InvalidOperationException($"The device '{options.Device}' does not exist: this libtorch finds {count} CUDA devices.");
    }
}
