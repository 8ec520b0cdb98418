using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Weights;

/// <summary>Copies the tensors of a safetensors file into a module.</summary>
public static class SafetensorsLoader
{
    /// <summary>
    /// Loads every tensor of <paramref name="stream"/> into the tensor of <paramref name="state"/> that has its name. The file must
    /// hold exactly those tensors; half-precision ones are widened.
    /// </summary>
    /// <param name="stream">A seekable stream at the start of a safetensors file.</param>
    /// <param name="state">The tensors to fill, by name.</param>
    /// <param name="source">What messages call the file.</param>
    /// <exception cref="InvalidDataException">The file is damaged, lacks tensors, has others, or has other shapes.</exception>
    public static void Load(Stream stream, IReadOnlyDictionary<string, Tensor> state, string source)
    {
        SafetensorsHeader header = ReadHeader(stream, source);
        Compare(header, state, source);
        using IDisposable noGradient = no_grad();
        foreach (SafetensorsEntry entry in header.Entries)
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)(entry.End - entry.Begin)));
            stream.ReadExactly(bytes);
            using Tensor values = ToTensor(entry, bytes);
            state[entry.Name].copy_(values);
        }
    }

    private static SafetensorsHeader ReadHeader(Stream stream, string source)
    {
        try
        {
            return SafetensorsHeader.Read(stream, stream.Length);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{source}: {e.Message}", e);
        }
    }

    private static void Compare(SafetensorsHeader header, IReadOnlyDictionary<string, Tensor> state, string source)
    {
        List<string> problems = [];
        Dictionary<string, SafetensorsEntry> entries = header.Entries.ToDictionary(static e => e.Name, StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in state)
        {
            if (!entries.TryGetValue(name, out SafetensorsEntry? entry)) problems.Add($"'{name}' is missing");
            else if (!entry.Shape.SequenceEqual(tensor.shape))
            {
                problems.Add($"'{name}' is [{string.Join(", ", entry.Shape)}] in the file and [{string.Join(", ", tensor.shape)}] in the network");
            }
        }
        problems.AddRange(entries.Keys.Where(name => !state.ContainsKey(name)).Select(static name => $"'{name}' is not in the network"));
        if (problems.Count > 0) throw new InvalidDataException($"{source} does not fit the network: {string.Join("; ", problems)}.");
    }

    private static Tensor ToTensor(SafetensorsEntry entry, byte[] bytes)
    {
        ScalarType type = entry.Type switch
        {
            "F32" => ScalarType.Float32,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            _ => throw new InvalidDataException($"The tensor '{entry.Name}' has the type {entry.Type}; F32, F16 and BF16 are read."),
        };
        Tensor values = empty([.. entry.Shape], dtype: type);
        values.bytes = bytes;
        return values;
    }
}
