using PureHDF;
using PureHDF.VOL.Native;

namespace FineTune.Training.Weights;

/// <summary>A tensor as a weight file stores it.</summary>
internal sealed record StoredTensor(string Name, long[] Shape, float[] Values);

/// <summary>
/// Reads the weights of one layer from a Keras 2 <c>.h5</c> file: a group per layer, whose <c>weight_names</c> attribute lists its
/// datasets in the order of the layer's weights.
/// </summary>
internal sealed class KerasWeightFile : IDisposable
{
    private readonly NativeFile _file;
    private readonly IH5Group _layers;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is no HDF5 file with Keras's groups.</exception>
    public KerasWeightFile(string path)
    {
        try
        {
            _file = H5File.OpenRead(path);
            // Whole models keep their weights one group deeper.
            _layers = _file.LinkExists("model_weights") ? _file.Group("model_weights") : _file;
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            _file?.Dispose();
            throw new InvalidDataException("It is no HDF5 file, or only a part of one: " + e.Message, e);
        }
    }

    /// <summary>The tensors of a layer in Keras's order, or null where the file does not have the layer.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public IReadOnlyList<StoredTensor>? Read(string layer)
    {
        try
        {
            if (!_layers.LinkExists(layer)) return null;
            IH5Group group = _layers.Group(layer);
            string[] names = group.Attribute("weight_names").Read<string[]>();
            return [.. names.Select(name => Read(group, name.TrimEnd('\0')))];
        }
        catch (Exception e) when (e is not InvalidDataException)
        {
            throw new InvalidDataException($"Its layer '{layer}' is damaged: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static StoredTensor Read(IH5Group group, string name)
    {
        IH5Dataset dataset = group.Dataset(name);
        return new StoredTensor(name, [.. dataset.Space.Dimensions.Select(static d => (long)d)], dataset.Read<float[]>());
    }
}
