using System.CommandLine;
using FineTune.Native;
using FineTune.Training.Cache;
using FineTune.Training.Cuda;
using FineTune.Training.Diagnostics;
using FineTune.Training.Following;
using FineTune.Training.Ranks;
using FineTune.Training.Ranks.Mpi;
using FineTune.Training.Terminal;
using FineTune.Training.Weights;
using Spectre.Console;
using TorchSharp;

namespace FineTune.Training.Commands;

/// <summary><c>finetune train SPEC</c>: fine-tunes and writes the weights.</summary>
internal sealed class TrainCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _output = new("--output") { Description = "The weight file to write; next to the spec by default." };

    private readonly Option<string?> _report = new("--report") { Description = "A JSON file for the evaluations of every stage." };

    private readonly Option<string?> _evaluations = new("--evaluations")
    {
        Description = "The folder for the results of the spec's evaluators; NAME.evaluation next to the weights by default.",
    };

    private readonly Option<string?> _exportList = new("--export-list")
    {
        Description = "A file for the list of the spec's exports, one FORMAT PATH per line.",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "auto, cpu, cuda or cuda:N.",
        DefaultValueFactory = static _ => "auto",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "auto, fp32 or bf16.",
        DefaultValueFactory = static _ => Precisions.Auto,
    };

    private readonly Option<bool> _tf32 = new("--tf32") { Description = "Lets a CUDA device compute products of float32 numbers in TF32, which has fewer bits and is faster." };

    private readonly Option<bool> _deterministic = new("--deterministic")
    {
        Description = "Whether a CUDA device computes the same bytes in every run; true by default.",
        DefaultValueFactory = static _ => true,
    };

    private readonly Option<string?> _memory = new("--memory")
    {
        Description = "How much memory decoded images and the output of frozen layers may use; by default 1.5 GB, or a quarter of the available memory if that is less. The rest is kept in files.",
    };

    private readonly Option<bool> _locked = new("--locked") { Description = "Fails if training would be needed." };

    private readonly Option<double> _rankTimeout = new("--rank-timeout")
    {
        Description = "The seconds after which a rank that does not answer is asked, and after which it then counts as lost.",
        DefaultValueFactory = static _ => 60,
    };

    private readonly Option<int?> _threads = new("--threads")
    {
        Description = "The threads of each rank; by default, the host's cores are divided among its ranks.",
    };

    public TrainCommand()
        : base("train", "Fine-tunes the network of a spec and writes its weights.")
    {
        Add(_output);
        Add(_report);
        Add(_evaluations);
        Add(_exportList);
        Add(_device);
        Add(_precision);
        Add(_tf32);
        Add(_deterministic);
        Add(_memory);
        Add(_locked);
        Add(_rankTimeout);
        Add(_threads);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune train flowers.modelspec", "finetune train flowers.modelspec --device cuda --report stages.json", "mpirun -np 4 finetune train flowers.modelspec"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string output = parse.GetValue(_output) ?? TrainedWeights.FileOf(spec);
        string? memory = parse.GetValue(_memory);
        long? bytes = memory is null
            ? null
            : ByteSize.Parse(memory) ?? throw spec.Name.Error(TrainingDiagnostics.Memory, memory);
        // Whoever sees the table follows the training already.
        string? follow = LiveLog.IsPossible ? null : FollowCommand.Of(Assets(parse).Cache);
        var options = new FineTuningOptions(
            output, parse.GetValue(_device)!, Assets(parse), parse.GetValue(_report), parse.GetValue(_locked), parse.GetValue(_precision)!, bytes, LibTorch(parse),
            parse.GetValue(_evaluations), parse.GetValue(_exportList), follow, new CudaSettings(parse.GetValue(_deterministic), parse.GetValue(_tf32)));
        if (parse.GetValue(_rankTimeout) is var seconds && !(seconds > 0)) throw spec.Name.Error(TrainingDiagnostics.RankTimeout, seconds);
        var launcher = Launcher.Read(Environment.GetEnvironmentVariable);
        if (launcher.Size > 1) RunTogether(launcher, TimeSpan.FromSeconds(seconds), parse.GetValue(_threads), spec, options, log, cancellation);
        else if (LiveLog.IsPossible) LiveLog.Run(AnsiConsole.Console, live => RunAlone(live));
        else RunAlone(log);

        void RunAlone(IProgressLog told)
        {
            if (parse.GetValue(_threads) is { } threads) SetThreads(threads);
            new FineTuning(spec, options, told).Run(cancellation);
        }
    }

    /// <summary>Trains as one of the ranks that a launcher has started. If this one cannot continue, it ends all of them.</summary>
    private static void RunTogether(
        Launcher launcher, TimeSpan timeout, int? threads, SpecSource spec, FineTuningOptions options, IProgressLog log, CancellationToken cancellation)
    {
        MpiCollectives ranks;
        try
        {
            ranks = MpiCollectives.Join(launcher, timeout, Environment.GetEnvironmentVariable("MODELSPEC_MPI"), cancellation);
        }
        catch (RanksException e)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.Ranks, e.Message);
        }
        using (ranks)
        {
            IProgressLog told = ranks.Rank == 0 ? log : new RankLog(log, ranks);
            int code = ErrorBoundary.Run(told, () => spec.Name, new CacheFolder(options.Assets.Cache).Logs, () =>
            {
                try
                {
                    SetThreads(threads ?? RankShare.Threads(ranks.RanksOfHost));
                    told.Line($"{spec.Network.ClassName}: {ranks.Size} ranks over {ranks.Version}: {string.Join("; ", ranks.Places)}");
                    new FineTuning(spec, options, told, ranks).Run(cancellation);
                    return 0;
                }
                catch (RanksException e)
                {
                    throw spec.Name.Error(e, TrainingDiagnostics.Ranks, e.Message);
                }
            });
            if (code != 0) ranks.Abort(code);
        }
    }

    private static void SetThreads(int threads)
    {
        NativeLibraries.Load();
        torch.set_num_threads(threads);
    }
}
