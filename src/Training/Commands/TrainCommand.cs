using System.CommandLine;
using FineTune.Training.Cuda;
using FineTune.Training.Diagnostics;
using FineTune.Training.Following;
using FineTune.Training.Terminal;
using FineTune.Training.Weights;
using Spectre.Console;

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
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune train flowers.modelspec", "finetune train flowers.modelspec --device cuda --report stages.json"];

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
        if (LiveLog.IsPossible) LiveLog.Run(AnsiConsole.Console, live => new FineTuning(spec, options, live).Run(cancellation));
        else new FineTuning(spec, options, log).Run(cancellation);
    }
}
