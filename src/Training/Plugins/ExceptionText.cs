using System.Diagnostics;

namespace FineTune.Training.Plugins;

/// <summary>Formats exceptions of plugins as a part of one line.</summary>
internal static class ExceptionText
{
    /// <summary>Type, message and the method that threw it: <c>FormatException: No number. (CsvImporter.Import)</c>.</summary>
    public static string Of(Exception e)
    {
        string text = $"{e.GetType().Name}: {Sentence(e.Message)}";
        return new StackTrace(e, fNeedFileInfo: true).GetFrame(0) is { } frame && frame.GetMethod() is { } method
            ? $"{text} (in {method.DeclaringType?.FullName}.{method.Name}{Line(frame)})"
            : text;
    }

    /// <summary>A message with exactly one period at the end.</summary>
    public static string Sentence(string message) => message.TrimEnd('.', ' ') + ".";

    private static string Line(StackFrame frame) => frame.GetFileName() is { } file ? $", {Path.GetFileName(file)} line {frame.GetFileLineNumber()}" : "";
}
