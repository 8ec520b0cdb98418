using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace FineTune.Build.Tasks;

/// <summary>
/// Runs the trainer on one spec, in a separate process. Its error lines become errors at the spec's position, and its progress lines
/// become messages of high importance. Cancelling the build ends the process. The trainer writes its results atomically and saves its
/// state after each epoch, so no partial file is left and the next run resumes.
/// </summary>
public sealed class RunTrainer : ToolTask
{
    /// <summary>
    /// Keeps glibc from handing large blocks back to the system after every layer: the page faults of fresh activations cost a
    /// third of a step. All threads use a single malloc arena: memory freed in per-thread arenas is not reused by other threads, which
    /// grew to gigabytes while images were decoded.
    /// </summary>
    private static readonly string[] AllocatorSettings =
        ["MALLOC_MMAP_THRESHOLD_=8589934592", "MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_ARENA_MAX=1"];

    /// <summary>cuBLAS reads the size of its workspace from it, and computes the same in every run if it is fixed. Nothing else reads it.</summary>
    private const string CublasWorkspace = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>The lines that are kept of what a launcher says when it ends.</summary>
    private const int KeptLines = 12;

    private readonly HashSet<string> _errors = new(StringComparer.Ordinal);
    private readonly Queue<string> _lastLines = new();
    private string? _lastLine;

    /// <summary>The verb of the trainer: <c>train</c>, <c>export</c>, <c>inspect</c> or <c>clean</c>.</summary>
    [Required]
    public string Verb { get; set; } = "";

    /// <summary>The spec.</summary>
    [Required]
    public ITaskItem Spec { get; set; } = null!;

    /// <summary>The trainer's assembly, <c>finetune.dll</c>.</summary>
    [Required]
    public string Trainer { get; set; } = "";

    /// <summary>The <c>dotnet</c> to run it with.</summary>
    public string DotNetHost { get; set; } = "";

    /// <summary>The project's own backbone files.</summary>
    public ITaskItem[] Backbones { get; set; } = [];

    /// <summary>The project's plugins: their assemblies, with the metadata <c>Provides</c>.</summary>
    public ITaskItem[] Plugins { get; set; } = [];

    /// <summary>Folders that are searched for datasets and weights before anything is downloaded.</summary>
    public string[] Assets { get; set; } = [];

    /// <summary>Folders with native libraries, for a trainer that does not bring its own.</summary>
    public string[] NativeDirectories { get; set; } = [];

    /// <summary>The folder of a libtorch that is used instead of the package's.</summary>
    public string LibTorch { get; set; } = "";

    /// <summary>The file to write.</summary>
    public string Output { get; set; } = "";

    /// <summary>The folder of downloads, checkpoints and results of stages.</summary>
    public string Cache { get; set; } = "";

    /// <summary>Whether it is an error that training is needed.</summary>
    public bool Locked { get; set; }

    /// <summary>A JSON file for the evaluations of every stage.</summary>
    public string Report { get; set; } = "";

    /// <summary>A file that gets the paths of the spec's exports.</summary>
    public string ExportList { get; set; } = "";

    /// <summary>The exporter that <c>export</c> runs, whether or not the spec has a table for it.</summary>
    public string Format { get; set; } = "";

    /// <summary>The keys of that exporter, each as <c>KEY=VALUE</c>.</summary>
    public string[] Settings { get; set; } = [];

    /// <summary>The weights that <c>export</c> reads.</summary>
    public string Weights { get; set; } = "";

    /// <summary>The folder that gets the files of that exporter.</summary>
    public string Folder { get; set; } = "";

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; set; } = "";

    /// <summary><c>auto</c>, <c>fp32</c> or <c>bf16</c>.</summary>
    public string Precision { get; set; } = "";

    /// <summary>Whether a CUDA device may compute in TF32: <c>true</c> or <c>false</c>.</summary>
    public bool Tf32 { get; set; }

    /// <summary>Whether a CUDA device computes the same bytes in every run: <c>true</c> or <c>false</c>.</summary>
    public bool Deterministic { get; set; } = true;

    /// <summary>What decoded images and the output of frozen layers may use of memory, such as <c>1.5 GB</c>.</summary>
    public string Memory { get; set; } = "";

    /// <summary>A command that starts the trainer on several ranks, such as <c>mpirun -np 4 --hostfile hosts</c>; empty for one process.</summary>
    public string Launcher { get; set; } = "";

    /// <summary>The seconds after which a rank that does not answer counts as lost; empty for the trainer's default.</summary>
    public string RankTimeout { get; set; } = "";

    /// <summary>The threads of each rank; empty to divide the cores of a host among its ranks.</summary>
    public string Threads { get; set; } = "";

    /// <inheritdoc />
    protected override string ToolName => "dotnet";

    /// <inheritdoc />
    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.High;

    /// <inheritdoc />
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <inheritdoc />
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc />
    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    /// <inheritdoc />
    protected override Encoding ResponseFileEncoding => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc />
    public override bool Execute()
    {
        EnvironmentVariables = [.. EnvironmentVariables ?? [], .. AllocatorSettings, $"{CublasWorkspace}={Environment.GetEnvironmentVariable(CublasWorkspace) ?? ":4096:8"}", "DOTNET_CLI_UI_LANGUAGE=en"];
        // A launcher may give ranks a terminal of their own, to which .NET would write control sequences.
        if (Launcher.Trim().Length > 0) EnvironmentVariables = [.. EnvironmentVariables, "TERM=dumb"];
        return base.Execute();
    }

    /// <inheritdoc />
    protected override string GenerateFullPathToTool() =>
        Launcher.Trim().Length > 0 ? Launcher.Trim().Split(' ')[0] : DotNetHost.Length > 0 ? DotNetHost : ToolExe;

    /// <inheritdoc />
    protected override string GenerateCommandLineCommands()
    {
        var builder = new CommandLineBuilder();
        if (Launcher.Trim() is { Length: > 0 } launcher)
        {
            // Other hosts cannot read this one's response file.
            string[] words = launcher.Split([' '], 2);
            if (words.Length > 1) builder.AppendSwitch(words[1]);
            builder.AppendFileNameIfNotNull(DotNetHost.Length > 0 ? DotNetHost : ToolExe);
            builder.AppendSwitch("exec");
            builder.AppendFileNameIfNotNull(Trainer);
            foreach (string argument in Arguments()) builder.AppendSwitch(argument);
            return builder.ToString();
        }
        builder.AppendSwitch("exec");
        builder.AppendFileNameIfNotNull(Trainer);
        return builder.ToString();
    }

    /// <summary>One argument a line, as the trainer's command line reads response files.</summary>
    protected override string GenerateResponseFileCommands() => Launcher.Trim().Length > 0 ? "" : string.Join("\n", Arguments());

    private List<string> Arguments()
    {
        List<string> lines = [Verb, Quote(Spec.GetMetadata("FullPath"))];
        foreach (ITaskItem backbone in Backbones) Add("--backbone", backbone.GetMetadata("FullPath"));
        foreach (string plugin in Plugins.Select(Describe).Distinct(StringComparer.Ordinal)) Add("--plugin", plugin);
        foreach (string folder in Assets) Add("--assets", folder);
        Add("--libtorch", LibTorch);
        foreach (string folder in NativeDirectories) Add("--native", folder);
        Add("--cache", Cache);
        Add("--output", Output);
        Add("--report", Report);
        Add("--export-list", ExportList);
        Add("--format", Format);
        foreach (string setting in Settings) Add("--set", setting);
        Add("--weights", Weights);
        Add("--to", Folder);
        Add("--device", Device);
        Add("--precision", Precision);
        if (Tf32) lines.Add("--tf32");
        if (!Deterministic) Add("--deterministic", "false");
        Add("--memory", Memory);
        if (Locked) lines.Add("--locked");
        Add("--parent", BuildProcess.Id.ToString(CultureInfo.InvariantCulture));
        if (Launcher.Trim().Length > 0) Add("--parent-host", Environment.MachineName);
        Add("--rank-timeout", RankTimeout);
        Add("--threads", Threads);
        return lines;

        void Add(string option, string value)
        {
            if (value.Length > 0) lines.AddRange([option, Quote(value)]);
        }
    }

    /// <inheritdoc />
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        if (!string.IsNullOrWhiteSpace(singleLine))
        {
            _lastLine = singleLine;
            _lastLines.Enqueue(singleLine);
            if (_lastLines.Count > KeptLines) _lastLines.Dequeue();
            // Several ranks often find the same error.
            if (singleLine.Contains(": error MSPEC") && !_errors.Add(Regex.Replace(singleLine, @" \[rank \d+ on [^\]]*\]$", ""))) return;
        }
        base.LogEventsFromTextOutput(singleLine, messageImportance);
    }

    /// <summary>A trainer that ends without having said why has crashed or was killed: say so at the spec, with its last line.</summary>
    protected override bool HandleTaskExecutionErrors()
    {
        if (Log.HasLoggedErrors) return false;
        if (Launcher.Trim().Length > 0)
        {
            Log.LogError(null, "MSPEC3104", null, Spec.GetMetadata("FullPath"), 1, 1, 0, 0,
                "A rank was lost: {0} The epochs that have ended are kept; the next build resumes after them, with any number of ranks.",
                LostRank.Describe(_lastLines, ExitCode));
            return false;
        }
        Log.LogError(null, "MSPEC3006", null, Spec.GetMetadata("FullPath"), 1, 1, 0, 0,
            "The trainer ended with code {0}{1}. Its last line: {2}", ExitCode,
            ExitCode == 137 ? " (killed, mostly for want of memory: try a smaller batch_size)" : "", _lastLine ?? "none");
        return false;
    }

    /// <summary><c>PATH|PROVIDES</c>: a bar is not in what plugins provide, so the last one ends the path.</summary>
    private static string Describe(ITaskItem plugin) =>
        plugin.GetMetadata("FullPath") + "|" + Regex.Replace(plugin.GetMetadata("Provides"), @"\s+", " ").Trim();

    private static string Quote(string value) => "\"" + value + "\"";
}
