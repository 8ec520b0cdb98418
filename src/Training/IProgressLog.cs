using ModelSpec.Diagnostics;

namespace FineTune.Training;

/// <summary>Where a run tells what it does.</summary>
internal interface IProgressLog
{
    /// <summary>A line for people.</summary>
    void Line(string text);

    /// <summary>A warning or an error.</summary>
    void Report(Diagnostic diagnostic);
}

/// <summary>Lines on standard output, in the form that MSBuild understands.</summary>
internal sealed class ConsoleLog : IProgressLog
{
    private readonly Lock _gate = new();

    public void Line(string text)
    {
        lock (_gate) Console.Out.WriteLine(text);
    }

    public void Report(Diagnostic diagnostic) => Line(diagnostic.ToString());
}
