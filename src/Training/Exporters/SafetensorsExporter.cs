using FineTune.Pipeline;
using FineTune.Weights;

namespace FineTune.Training.Exporters;

/// <summary>The weights as a safetensors file: what is next to every spec and is embedded into apps.</summary>
internal sealed class SafetensorsExporter : IModelExporter
{
    /// <summary>What it is called.</summary>
    public const string Word = "safetensors";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.safetensors"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        using Stream file = context.Create($"{context.SpecName}.safetensors");
        SafetensorsWriter.Write(
            file, [.. context.Model.Tensors.Select(static tensor => (tensor.Key, tensor.Shape))], i => context.Model.Tensors[i].Values, context.Model.Metadata);
    }
}
