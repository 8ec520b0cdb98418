namespace ModelSpec.Generator.Models;

/// <summary>The lock of a spec as the compiler hands it over.</summary>
/// <param name="Path">Its path: the spec's, and <c>.lock</c>.</param>
/// <param name="Text">Its text.</param>
/// <param name="IsEmbedded">Whether the build embeds its weights, so that they have to be those of the spec.</param>
internal sealed record LockText(string Path, string Text, bool IsEmbedded);
