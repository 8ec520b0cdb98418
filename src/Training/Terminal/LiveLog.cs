using FineTune.Training.Stages;
using ModelSpec.Diagnostics;
using Spectre.Console;

namespace FineTune.Training.Terminal;

/// <summary>Tells of a training on a terminal: a table that follows it, and lines above the table.</summary>
internal sealed class LiveLog : IProgressLog
{
    private readonly Lock _gate = new();
    private readonly IAnsiConsole _console;
    private readonly LiveDisplayContext _display;
    private readonly TrainingView _view;

    private LiveLog(IAnsiConsole console, LiveDisplayContext display)
    {
        _console = console;
        _display = display;
        _view = new TrainingView(console.Profile.Capabilities.Unicode);
    }

    /// <summary>Whether the process has a terminal that can redraw what it shows. A build has none: it reads lines.</summary>
    public static bool IsPossible => !Console.IsOutputRedirected && !Console.IsErrorRedirected && AnsiConsole.Console.Profile.Capabilities is { Ansi: true, Interactive: true };

    /// <summary>Runs a training.</summary>
    /// <param name="console">The terminal.</param>
    /// <param name="train">The training, which gets the log.</param>
    public static void Run(IAnsiConsole console, Action<IProgressLog> train) =>
        console.Live(new Text("")).Start(display => train(new LiveLog(console, display)));

    /// <inheritdoc />
    public void Line(string text)
    {
        // Text and not markup: brackets are common in messages.
        lock (_gate) _console.Write(new TextInPlaceOfTable(text, Style.Plain));
    }

    /// <inheritdoc />
    public void Report(Diagnostic diagnostic)
    {
        lock (_gate) _console.Write(new TextInPlaceOfTable(diagnostic.ToString(), new Style(diagnostic.IsError ? Color.Red : Color.Yellow)));
    }

    /// <inheritdoc />
    public void Show(EpochProgress progress)
    {
        lock (_gate)
        {
            _view.Add(progress);
            _display.UpdateTarget(_view.Draw());
        }
    }

    /// <inheritdoc />
    public void Show(StepProgress progress)
    {
        lock (_gate)
        {
            _view.Add(progress);
            _display.UpdateTarget(_view.Draw());
        }
    }
}
