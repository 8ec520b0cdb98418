using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;

namespace FineTune.Training.WeightFormats;

/// <summary>A plugin's weight format while one file is read. Each call of the plugin runs on a new thread.</summary>
/// <param name="format">The format.</param>
/// <param name="location">The position of the error about a plugin that does not return.</param>
/// <param name="grace">The time that it may take to return after a cancellation.</param>
/// <param name="cancellation">Cancels the wait for the plugin.</param>
internal sealed class PluginFormat(RegisteredPart<IWeightFormat> format, SpecLocation location, TimeSpan grace, CancellationToken cancellation)
{
    /// <summary>The format itself.</summary>
    public IWeightFormat Part => format.Part;

    /// <summary>The format and its plugin, as the beginning of a sentence.</summary>
    public string Name => $"The {format.Title} of the plugin {format.Plugin.Name}";

    /// <summary>Whether a call of the plugin has not returned in time: its thread still runs.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Whether the format recognizes a file.</summary>
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

    /// <summary>The message of an exception that the contract allows describes the error in the file.</summary>
    private bool IsReason(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException
        || (e is OperationCanceledException && cancellation.IsCancellationRequested);
}
