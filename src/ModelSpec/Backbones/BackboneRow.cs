using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>A layer of a backbone, after blocks are expanded.</summary>
/// <param name="Name">The layer's name, prefixed with the names of the blocks that it is in.</param>
/// <param name="Key">The prefix of its tensors' names; its name by default.</param>
/// <param name="Definition">What it is.</param>
/// <param name="Inputs">The indices of the rows that it reads.</param>
/// <param name="Block">The outermost block that it was expanded from, such as <c>layer1_0</c>, or null.</param>
/// <param name="Span">The position of its name in the file.</param>
/// <param name="KeySpan">The position of its key, or of its name if the file does not give a key.</param>
public sealed record BackboneRow(
    string Name, string Key, LayerDefinition Definition, EquatableArray<int> Inputs, string? Block, SourceSpan Span, SourceSpan KeySpan);
