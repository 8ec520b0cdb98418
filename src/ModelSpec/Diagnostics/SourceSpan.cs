namespace ModelSpec.Diagnostics;

/// <summary>
/// A range in a text file. Lines and columns count from 1, as compilers print them; <see cref="EndColumn"/> is the column after the
/// last character. <see cref="Offset"/> counts characters from 0.
/// </summary>
public readonly record struct SourceSpan(int Offset, int Length, int Line, int Column, int EndLine, int EndColumn)
{
    /// <summary>The start of the file: for what is missing altogether.</summary>
    public static SourceSpan FileStart { get; } = new(0, 0, 1, 1, 1, 1);
}

/// <summary>A value together with the place where the spec says it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly record struct Located<T>(T Value, SourceSpan Span)
{
    /// <summary>Another value at the same place.</summary>
    public Located<TOther> With<TOther>(TOther value) => new(value, Span);
}
