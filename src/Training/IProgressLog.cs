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

    /// <summary>Shows where a stage is; by default with a line.</summary>
    void Show(EpochProgress progress)
    {
        if (progress.IsWorthALine) Line(ProgressLines.Of(progress));
    }

    /// <inheritdoc cref="Show(EpochProgress)"/>
    void Show(StepProgress progress) => Line(ProgressLines.Of(progress));
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
