using FineTune.Pipeline;
using FineTune.Training.WeightFormats.Keras;

namespace FineTune.Training.WeightFormats;

/// <summary>HDF5 files of Keras.</summary>
internal sealed class Hdf5Format : IWeightFormat
{
    /// <inheritdoc />
    public string Name => "hdf5";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".h5"];

    /// <inheritdoc />
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => KerasWeightFile.Recognizes(start);

    /// <inheritdoc />
    public IWeightFile Open(Stream stream) => new KerasWeightFile(stream);
}
