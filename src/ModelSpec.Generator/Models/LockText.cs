namespace ModelSpec.Generator.Models;

/// <summary>The lock of a spec, as passed by the compiler.</summary>
/// <param name="Path">Its path: that of the spec with <c>.lock</c> appended.</param>
/// <param name="Text">Its text.</param>
/// <param name="IsEmbedded">Whether the build embeds its weights, which must then fit the spec.</param>
internal sealed record LockText(string Path, string Text, bool IsEmbedded);
