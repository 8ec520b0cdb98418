namespace ModelSpec.Generator.Models;

/// <summary>The lock of a spec as the compiler hands it over.</summary>
/// <param name="Path">Its path: the spec's with <c>.lock</c> behind it.</param>
/// <param name="Text">Its text.</param>
internal sealed record LockText(string Path, string Text);
