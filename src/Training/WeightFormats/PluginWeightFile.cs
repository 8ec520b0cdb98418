using FineTune.Pipeline;
using FineTune.Training.Plugins;

namespace FineTune.Training.WeightFormats;

/// <summary>A file that a plugin reads. What goes wrong in the plugin becomes the reason why the file cannot be read, and names the plugin.</summary>
internal sealed class PluginWeightFile : IWeightFile
{
    private readonly RegisteredPart<IWeightFormat> _format;
    private readonly IWeightFile _file;

    private PluginWeightFile(RegisteredPart<IWeightFormat> format, IWeightFile file)
    {
        (_format, _file) = (format, file);
        Tensors = Try(format, () => file.Tensors);
        Prefix = Try(format, () => file.Prefix);
    }

    /// <inheritdoc />
    public IReadOnlyList<WeightTensor> Tensors { get; }

    /// <inheritdoc />
    public string Prefix { get; }

    /// <summary>Asks a plugin's format whether a file is its own.</summary>
    /// <exception cref="InvalidDataException">The plugin failed.</exception>
    public static bool Recognizes(RegisteredPart<IWeightFormat> format, ReadOnlySpan<byte> start, Stream file)
    {
        try
        {
            return format.Part.Recognizes(start, file);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault(format, e);
        }
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or the plugin failed.</exception>
    public static PluginWeightFile Open(RegisteredPart<IWeightFormat> format, Stream file) =>
        new(format, Try(format, () => format.Part.Open(file)));

    /// <inheritdoc />
    public float[] Read(string name)
    {
        float[] values = Try(_format, () => _file.Read(name));
        long count = Tensors.First(tensor => tensor.Name == name).Shape.Aggregate(1L, static (product, size) => product * size);
        return values.Length == count
            ? values
            : throw new InvalidDataException($"The {_format.Title} of the plugin {_format.Plugin.Name} gives {values.Length} numbers for '{name}', which has {count}.");
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private static T Try<T>(RegisteredPart<IWeightFormat> format, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault(format, e);
        }
    }

    /// <summary>What the contract lets a format throw says by itself what is wrong with the file.</summary>
    private static bool IsFault(Exception e) => e is not (InvalidDataException or IOException or UnauthorizedAccessException);

    private static InvalidDataException Fault(RegisteredPart<IWeightFormat> format, Exception e) => e is PipelineException
        ? new InvalidDataException(e.Message, e)
        : new InvalidDataException($"The {format.Title} of the plugin {format.Plugin.Name} failed: {ExceptionText.Of(e)}", e);
}
