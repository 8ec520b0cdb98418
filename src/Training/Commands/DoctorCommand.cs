using System.CommandLine;
using FineTune.Training.Diagnostics;
using FineTune.Training.Doctor;
using FineTune.Training.Weights;
using ModelSpec.Text;
using Spectre.Console;

namespace FineTune.Training.Commands;

/// <summary><c>finetune doctor [SPEC]</c>: whether this machine can train and predict, how fast, and what a build would do.</summary>
internal sealed class DoctorCommand : SpecCommand, IHasExamples
{
    public DoctorCommand()
        : base("doctor", "Checks this machine: libtorch, devices, speed, kernels, memory, cache, and with a spec what a build would do.", needsSpec: false) => AddJson();

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune doctor", "finetune doctor flowers.modelspec", "finetune doctor --json | jq '.findings[] | select(.verdict != \"ok\")'"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation) => Examine(spec, parse, log, cancellation);

    protected override void RunWithoutSpec(ParseResult parse, IProgressLog log, CancellationToken cancellation) => Examine(null, parse, log, cancellation);

    private void Examine(SpecSource? spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        List<Finding> findings = [.. MachineFindings.Versions(), .. MachineFindings.Hardware()];
        findings.Add(TorchFindings.Library(NamedNativeFolders(parse), out bool isLoaded));
        if (isLoaded)
        {
            findings.AddRange(TorchFindings.Symbols());
            findings.AddRange(TorchFindings.Devices());
            findings.AddRange(TorchFindings.Rates());
            findings.Add(TorchFindings.Kernels());
        }
        findings.AddRange(MachineFindings.Cache(Assets(parse)));
        findings.AddRange(MachineFindings.Assets(Assets(parse)));
        if (spec is not null)
        {
            var options = new FineTuningOptions(TrainedWeights.FileOf(spec), "auto", Assets(parse), LibTorch: LibTorch(parse));
            findings.AddRange(isLoaded ? SpecFindings.Of(spec, options, log, cancellation) : []);
        }

        if (PrintsJson(parse)) Console.WriteLine(FindingsReport.Json(findings));
        else if (Console.IsOutputRedirected) Console.Write(FindingsReport.Text(findings));
        else FindingsReport.Draw(findings, AnsiConsole.Console);
        int errors = findings.Count(static finding => finding.Verdict == Verdict.Error);
        if (errors > 0) throw (spec?.Name ?? new SpecLocation("finetune doctor", SourceSpan.FileStart)).Error(TrainingDiagnostics.MachineFaults, errors);
    }
}
