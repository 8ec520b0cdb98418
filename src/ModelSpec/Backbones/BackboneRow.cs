using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>A layer of a backbone, with blocks written out.</summary>
/// <param name="Name">The layer's name; the names of the blocks that it is in come before it.</param>
/// <param name="Key">What its tensors' names begin with; its name by default.</param>
/// <param name="Definition">What it is.</param>
/// <param name="Inputs">The indices of the rows that it reads.</param>
/// <param name="Block">The outermost block that it is written out from, such as <c>layer1_0</c>, or null.</param>
/// <param name="Span">The place of its name in the file.</param>
/// <param name="KeySpan">The place of its key; of its name where the key is not written.</param>
public sealed record BackboneRow(
    string Name, string Key, LayerDefinition Definition, EquatableArray<int> Inputs, string? Block, SourceSpan Span, SourceSpan KeySpan);
