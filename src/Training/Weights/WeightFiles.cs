using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.WeightFormats;

namespace FineTune.Training.Weights;

/// <summary>Opens weight files of every format. The format is detected from the content, not from the name.</summary>
internal static class WeightFiles
{
    /// <summary>The number of bytes that formats get to recognize a file.</summary>
    private const int StartLength = 16;

    private const int LongestReason = 500;

    /// <summary>Opens a file with the first format that recognizes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parts">The parts of the pipeline, including formats.</param>
    /// <param name="location">The position of the error about a plugin that does not return.</param>
    /// <param name="cancellation">Cancels the wait for a plugin.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or of another format.</exception>
    /// <exception cref="IOException">The file does not exist, or cannot be read.</exception>
    /// <exception cref="TrainingException">A plugin did not return after the work was cancelled.</exception>
    public static IWeightFile Open(string path, PartRegistry parts, SpecLocation location, CancellationToken cancellation)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            byte[] buffer = new byte[StartLength];
            byte[] start = buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
            foreach (RegisteredPart<IWeightFormat> format in parts.WeightFormats)
            {
                file.Position = 0;
                PluginFormat? plugin = format.Plugin.IsBuiltIn ? null : new PluginFormat(format, location, PartCall.Grace, cancellation);
                if (!(plugin?.Recognizes(start, file) ?? format.Part.Recognizes(start, file))) continue;
                file.Position = 0;
                return plugin is null ? format.Part.Open(file) : PluginWeightFile.Open(plugin, file);
            }
            string others = string.Concat(parts.WeightFormats.Where(static format => !format.Plugin.IsBuiltIn).Select(static format => $", {format.Part.Name}"));
            throw new InvalidDataException($"It is not a weight file of PyTorch, safetensors or Keras{others}, going by its first bytes.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The reason why a file could not be read, as a part of one line: names and messages from a file can contain any characters.</summary>
    public static string Reason(Exception e)
    {
        string reason = string.Concat(e.Message.Take(LongestReason).Select(static c => char.IsControl(c) ? ' ' : c));
        return e.Message.Length > LongestReason ? reason + "…" : reason;
    }
}
