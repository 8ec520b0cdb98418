using System.Collections;
using System.Runtime.InteropServices;
using FineTune.Pipeline;
using FineTune.Weights;

namespace FineTune.Training.Exporters;

/// <summary>A trained network as exporters see it. Its tensors are read from the weight file when they are asked for: not all of them fit into memory twice.</summary>
internal sealed class TrainedModels : IReadOnlyList<TrainedTensor>, IDisposable
{
    private readonly FileStream _file;
    private readonly SafetensorsHeader _header;
    private readonly Lock _gate = new();

    /// <summary>Opens a weight file of a training.</summary>
    /// <param name="path">The file.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="spec">The spec that it is of.</param>
    /// <param name="fingerprint">The fingerprint of what the weights came from, or null if that is not known.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public TrainedModels(string path, string digest, SpecSource spec, string? fingerprint)
    {
        _file = File.OpenRead(path);
        try
        {
            _header = SafetensorsHeader.Read(_file, _file.Length);
            if (_header.Entries.FirstOrDefault(static entry => entry.Type != "F32") is { } other)
            {
                throw new InvalidDataException($"The tensor '{other.Name}' is {other.Type}, which no training writes.");
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
        Model = new TrainedModel(spec.Network.ClassName, spec.Network.InputHeight, spec.Network.InputWidth, this, _header.Metadata)
        {
            Network = NetworkGraphs.Of(spec.Network) with { Temperature = Certainty.Read(_header.Metadata).Temperature },
            Preparation = InputPreparations.Of(spec.Network),
            Digest = digest,
            Fingerprint = fingerprint,
            WeightsLicence = spec.Plan.WeightSet?.Licence,
        };
    }

    /// <summary>The network; it can be read until this object is disposed of.</summary>
    public TrainedModel Model { get; }

    /// <inheritdoc />
    public int Count => _header.Entries.Count;

    /// <inheritdoc />
    public TrainedTensor this[int index]
    {
        get
        {
            SafetensorsEntry entry = _header.Entries[index];
            float[] values = GC.AllocateUninitializedArray<float>(checked((int)((entry.End - entry.Begin) / sizeof(float))));
            lock (_gate)
            {
                _file.Position = _header.DataOffset + entry.Begin;
                _file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            }
            return new TrainedTensor(entry.Name, entry.Shape, values);
        }
    }

    /// <inheritdoc />
    public IEnumerator<TrainedTensor> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
