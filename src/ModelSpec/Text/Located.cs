namespace ModelSpec.Text;

/// <summary>A value together with the place where the spec says it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly record struct Located<T>(T Value, SourceSpan Span)
{
    /// <summary>Another value at the same place.</summary>
    public Located<TOther> With<TOther>(TOther value) => new(value, Span);
}
