using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Weights;

/// <summary>Reads the tensors of safetensors files.</summary>
internal static class SafetensorsLoader
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
            using Tensor values = Read(stream, entry);
            state[entry.Name].copy_(values);
        }
    }

    /// <summary>
    /// Makes the tensors of a safetensors file. Where the platform allows they are a private mapping of the file
    /// into memory, so that what nobody writes to is neither copied nor counted.
    /// </summary>
    /// <param name="stream">A seekable stream at the start of a safetensors file.</param>
    /// <param name="file">The file that the stream's bytes are in, and where they begin; null to read them from the stream.</param>
    /// <param name="state">Tensors of the names and shapes that the file must have; only their shapes are used.</param>
    /// <param name="source">What messages call the file.</param>
    /// <exception cref="InvalidDataException">The file is damaged, lacks tensors, has others, or has other shapes.</exception>
    internal static LoadedWeights Open(
        Stream stream, (string Path, long Position)? file, IReadOnlyDictionary<string, Tensor> state, string source)
    {
        SafetensorsHeader header = ReadHeader(stream, source);
        Compare(header, state, source);
        using IDisposable noGradient = no_grad();
        long start = (file?.Position ?? 0) + header.DataOffset;
        if (file is not null && start % sizeof(float) == 0 && header.Entries.All(static e => e.Type == "F32"))
        {
            using Tensor mapped = from_file(file.Value.Path, shared: false, size: new FileInfo(file.Value.Path).Length / sizeof(float), dtype: ScalarType.Float32);
            return new LoadedWeights(header.Entries.ToDictionary(static e => e.Name, e => Part(mapped, start + e.Begin, e), StringComparer.Ordinal), header.Metadata);
        }

        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            using Tensor values = Read(stream, entry);
            tensors[entry.Name] = values.to_type(ScalarType.Float32);
        }
        return new LoadedWeights(tensors, header.Metadata);
    }

    private static Tensor Part(Tensor mapped, long position, SafetensorsEntry entry)
    {
        using Tensor values = mapped.narrow(0, position / sizeof(float), (entry.End - entry.Begin) / sizeof(float));
        return values.view([.. entry.Shape]);
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

    private static Tensor Read(Stream stream, SafetensorsEntry entry)
    {
        ScalarType type = ElementTypes.OfSafetensors(entry.Type) switch
        {
            ElementType.Float32 => ScalarType.Float32,
            ElementType.Float16 => ScalarType.Float16,
            ElementType.BFloat16 => ScalarType.BFloat16,
            _ => throw new InvalidDataException($"The tensor '{entry.Name}' has the type {entry.Type}; F32, F16 and BF16 are read."),
        };
        Tensor values = empty([.. entry.Shape], dtype: type);
        stream.ReadExactly(values.bytes);
        return values;
    }
}

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">Its tensors as float32, by name.</param>
/// <param name="Metadata">Its notes.</param>
internal sealed record LoadedWeights(IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
