using FineTune.Pipeline;

namespace TestPlugin;

/// <summary>Writes the names of the tensors, and their sums.</summary>
public sealed class NamesExporter : IModelExporter
{
    /// <inheritdoc />
    public string Name => "names";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Flag("upper", false)];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.names", $"export/{specName}.count"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        string names = string.Join('\n', context.Model.Tensors.Select(static tensor => $"{tensor.Key} {string.Join('x', tensor.Shape)}"));
        using (var writer = new StreamWriter(context.Create($"{context.SpecName}.names")))
        {
            writer.Write(context.Values.Flag("upper") ? names.ToUpperInvariant() : names);
        }
        using var count = new StreamWriter(context.Create($"export/{context.SpecName}.count"));
        count.Write(context.Model.Tensors.Sum(static tensor => tensor.Values.Length));
    }
}
