using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;

namespace FineTune.Training.WeightFormats;

/// <summary>
/// A file that a plugin reads. An error in the plugin becomes the reason why the file cannot be read, and names the plugin. A plugin
/// that does not return after a cancellation is abandoned.
/// </summary>
internal sealed class PluginWeightFile : IWeightFile
{
    private readonly PluginFormat _format;
    private readonly IWeightFile _file;

    private PluginWeightFile(PluginFormat format, IWeightFile file)
    {
        (_format, _file) = (format, file);
        Tensors = format.Run(() => file.Tensors);
        Prefix = format.Run(() => file.Prefix);
    }

    /// <inheritdoc />
    public IReadOnlyList<WeightTensor> Tensors { get; }

    /// <inheritdoc />
    public string Prefix { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or the plugin failed.</exception>
    /// <exception cref="TrainingException">The plugin did not return after the work was cancelled.</exception>
    public static PluginWeightFile Open(PluginFormat format, Stream file) => new(format, format.Run(() => format.Part.Open(file)));

    /// <inheritdoc />
    public float[] Read(string name)
    {
        float[] values = _format.Run(() => _file.Read(name));
        long count = Tensors.First(tensor => tensor.Name == name).Shape.Aggregate(1L, static (product, size) => product * size);
        return values.Length == count
            ? values
            : throw new InvalidDataException($"{_format.Name} gives {values.Length} numbers for '{name}', which has {count}.");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // A thread of an abandoned plugin may still read the file.
        if (_format.IsAbandoned) return;
        _format.Run(() =>
        {
            _file.Dispose();
            return true;
        });
    }
}
