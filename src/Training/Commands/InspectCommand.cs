using System.CommandLine;

namespace FineTune.Training.Commands;

/// <summary><c>finetune inspect SPEC</c>: prints the layer table.</summary>
internal sealed class InspectCommand : SpecCommand, IHasExamples
{
    public InspectCommand()
        : base("inspect", "Prints every layer with its index, shape and parameters, and which stages train it.") => AddJson();

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune inspect flowers.modelspec", "finetune inspect flowers.modelspec --json"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation) =>
        Console.WriteLine(PrintsJson(parse) ? LayerTable.Json(spec.Plan) : $"{LayerTable.Title(spec.Network)}\n{LayerTable.Format(spec.Plan)}");
}
