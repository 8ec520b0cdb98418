namespace ModelSpec.Text;

/// <summary>A value and its position in a file.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly record struct Located<T>(T Value, SourceSpan Span)
{
    /// <summary>Another value at the same position.</summary>
    public Located<TOther> With<TOther>(TOther value) => new(value, Span);
}
