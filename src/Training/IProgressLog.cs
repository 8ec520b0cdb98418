using FineTune.Training.Stages;
using ModelSpec.Diagnostics;

namespace FineTune.Training;

/// <summary>Receives the messages of a run.</summary>
internal interface IProgressLog
{
    /// <summary>A line of text.</summary>
    void Line(string text);

    /// <summary>A warning or an error.</summary>
    void Report(Diagnostic diagnostic);

    /// <summary>Shows where a stage is, if it can; otherwise a line tells it.</summary>
    /// <returns>Whether it is shown, so that no line is needed.</returns>
    bool Show(EpochProgress progress) => false;

    /// <inheritdoc cref="Show(EpochProgress)"/>
    bool Show(StepProgress progress) => false;
}

/// <summary>Writes lines in the format that MSBuild understands.</summary>
/// <param name="output">Standard output, or standard error if standard output contains a result for programs.</param>
internal sealed class ConsoleLog(TextWriter output) : IProgressLog
{
    private readonly Lock _gate = new();

    public void Line(string text)
    {
        lock (_gate) output.WriteLine(text);
    }

    public void Report(Diagnostic diagnostic) => Line(diagnostic.ToString());
}
