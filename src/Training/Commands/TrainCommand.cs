using System.CommandLine;

namespace FineTune.Training.Commands;

/// <summary><c>finetune train SPEC</c>: fine-tunes and writes the weights.</summary>
internal sealed class TrainCommand : SpecCommand
{
    private readonly Option<string?> _output = new("--output") { Description = "The weight file to write; beside the spec by default." };

    private readonly Option<string?> _report = new("--report") { Description = "A JSON file for the evaluations of every stage." };

    private readonly Option<string> _device = new("--device")
    {
        Description = "auto, cpu, cuda or cuda:N.",
        DefaultValueFactory = static _ => "auto",
    };

    private readonly Option<bool> _locked = new("--locked") { Description = "Fails where training would be needed." };

    public TrainCommand()
        : base("train", "Fine-tunes the network of a spec and writes its weights.")
    {
        Add(_output);
        Add(_report);
        Add(_device);
        Add(_locked);
    }

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string output = parse.GetValue(_output) ?? Path.ChangeExtension(spec.Spec.Path, ".safetensors");
        var options = new FineTuningOptions(output, parse.GetValue(_device)!, Assets(parse), parse.GetValue(_report), parse.GetValue(_locked));
        new FineTuning(spec, options, log).Run(cancellation);
    }
}
