namespace ModelSpec.Generator.Models;

/// <summary>A spec, as passed by the compiler.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Text">Its text.</param>
/// <param name="Resource">The name of its embedded weights, or null if the build does not set it.</param>
internal sealed record SpecFile(string Path, string Text, string? Resource);
