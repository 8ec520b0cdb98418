using System.CommandLine;

namespace FineTune.Training.Commands;

/// <summary><c>finetune inspect SPEC</c>: prints the layer table.</summary>
internal sealed class InspectCommand : SpecCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints JSON." };

    public InspectCommand()
        : base("inspect", "Prints every layer with its index, shape and parameters, and which stages train it.") => Add(_json);

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation) =>
        log.Line(parse.GetValue(_json) ? LayerTable.Json(spec.Network) : $"{spec.Network.ClassName}: {spec.Network.Backbone}\n{LayerTable.Format(spec.Network)}");
}
