using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Browser.Tests;

namespace FlowersWeb.Tests;

/// <summary>The sample as a process of its own, as a server runs it, on a free port of the loopback interface.</summary>
internal sealed class FlowersProcess : IAsyncDisposable
{
    /// <summary>What a slow machine with other work may take for one step.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _output = new();

    private FlowersProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its address.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts the sample and waits until it serves.</summary>
    /// <param name="weights">The ONNX file that it loads.</param>
    public static async Task<FlowersProcess> StartAsync(string weights)
    {
        string[] arguments = ["exec", Repository.Program, "--urls", "http://127.0.0.1:0", "--Weights", weights];
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Repository.Sample, RedirectStandardOutput = true, RedirectStandardError = true };
        // Of the process that runs the tests.
        foreach (string name in start.Environment.Keys.Where(static key => key.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        var process = new FlowersProcess(start);
        try
        {
            string line = await process.WaitForLineAsync(Listening);
            process.Address = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
            await process.WaitForLineAsync("Application started.");
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it prints a line.</summary>
    /// <param name="text">A part of the line.</param>
    /// <returns>The line.</returns>
    /// <exception cref="InvalidOperationException">It ended, or <see cref="Patience"/> did.</exception>
    public async Task<string> WaitForLineAsync(string text)
    {
        using var end = new CancellationTokenSource(Patience);
        try
        {
            await foreach (string line in _lines.Reader.ReadAllAsync(end.Token))
            {
                if (line.Contains(text, StringComparison.Ordinal)) return line;
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }
        throw new InvalidOperationException($"The sample did not print '{text}', but:\n{Output}");
    }

    /// <summary>Asks it to end, as service managers and containers do.</summary>
    public async Task TerminateAsync()
    {
        CommandResult result = await Command.RunAsync("kill", Repository.Sample, "-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(result.ExitCode == 0, result.Output);
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using var end = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(end.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private void Read(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null)
        {
            // Both streams end; nothing is written after the process has.
            _lines.Writer.TryComplete();
            return;
        }
        lock (_output) _output.AppendLine(e.Data);
        _lines.Writer.TryWrite(e.Data);
    }
}
