using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;

namespace FineTune.Training.WeightFormats;

/// <summary>A plugin's weight format while one file is read. Each call of the plugin has a thread of its own.</summary>
/// <param name="format">The format.</param>
/// <param name="location">The position of an error that says that the plugin does not return.</param>
/// <param name="grace">How long it may take to return after the work was cancelled.</param>
/// <param name="cancellation">Ends the wait for the plugin.</param>
internal sealed class PluginFormat(RegisteredPart<IWeightFormat> format, SpecLocation location, TimeSpan grace, CancellationToken cancellation)
{
    /// <summary>The format itself.</summary>
    public IWeightFormat Part => format.Part;

    /// <summary>The format and its plugin, as the beginning of a sentence.</summary>
    public string Name => $"The {format.Title} of the plugin {format.Plugin.Name}";

    /// <summary>Whether a call of the plugin has not returned in time: its thread still runs.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Asks the format whether a file is its own.</summary>
    /// <exception cref="InvalidDataException">The plugin failed.</exception>
    /// <exception cref="TrainingException">The plugin did not return after the work was cancelled.</exception>
    public bool Recognizes(byte[] start, Stream file) => Run(() => format.Part.Recognizes(start, file));

    /// <summary>Calls the plugin.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or the plugin failed.</exception>
    /// <exception cref="TrainingException">The plugin did not return after the work was cancelled.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public T Run<T>(Func<T> work)
    {
        try
        {
            T result = PartCall.RunOnThread(format, location, work, grace, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return result;
        }
        catch (TrainingException)
        {
            IsAbandoned = true;
            throw;
        }
        catch (PipelineException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
        catch (Exception e) when (!IsReason(e))
        {
            throw new InvalidDataException($"{Name} failed: {ExceptionText.Of(e)}", e);
        }
    }

    /// <summary>What the contract lets a format throw says by itself what is wrong with the file.</summary>
    private bool IsReason(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException
        || (e is OperationCanceledException && cancellation.IsCancellationRequested);
}
