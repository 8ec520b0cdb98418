using System.Diagnostics;
using System.Globalization;

namespace FineTune.Benchmarks;

/// <summary>The sample Flowers17.Web as a process of its own, on a free port of the loopback interface, without its limit of requests per second.</summary>
internal sealed class WebServer : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;

    private WebServer(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Its address.</summary>
    public Uri Address { get; }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="program">Its assembly.</param>
    /// <param name="weights">The ONNX file that it loads.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">It ended.</exception>
    public static async Task<WebServer> StartAsync(string program, string weights, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "exec", program, "--urls", "http://127.0.0.1:0", "--Weights", weights, "--RateLimit:Requests", "1000000", "--Logging:LogLevel:Microsoft.AspNetCore", "Warning",
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            int at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0) continue;
            // It must not wait for a full pipe.
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new WebServer(process, new Uri(line[(at + Listening.Length)..]));
        }
        throw new InvalidOperationException("The sample ended before it served.");
    }

    /// <summary>Its memory in bytes, as Linux counts it; 0 elsewhere.</summary>
    /// <param name="key"><c>VmRSS:</c> for now, <c>VmHWM:</c> for the most that it was.</param>
    public long Memory(string key)
    {
        string status = $"/proc/{_process.Id}/status";
        if (!File.Exists(status)) return 0;
        string line = File.ReadLines(status).First(text => text.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
