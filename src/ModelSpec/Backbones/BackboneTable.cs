using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>A backbone as its <c>.backbone</c> file describes it: data that every consumer reads.</summary>
/// <param name="Name">What specs call it.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Height">The usual input height.</param>
/// <param name="Width">The usual input width.</param>
/// <param name="Multipliers">The allowed width multipliers; empty if channels are fixed.</param>
/// <param name="Preprocessing">How pixels are normalised if no weight set defines it.</param>
/// <param name="Rows">The layers in order, after blocks are expanded.</param>
/// <param name="TopKeys">The prefixes of the tensors of its original top, which a head replaces.</param>
/// <param name="WeightSets">The published weights.</param>
/// <param name="Path">The file, as diagnostics name it.</param>
/// <param name="NameSpan">The place of its name in the file.</param>
public sealed record BackboneTable(
    string Name, string Title, int Height, int Width, EquatableArray<double> Multipliers, Preprocessing Preprocessing,
    EquatableArray<BackboneRow> Rows, EquatableArray<string> TopKeys, EquatableArray<WeightSet> WeightSets,
    string Path, SourceSpan NameSpan);
