namespace ModelSpec.Text;

/// <summary>
/// A range in a text file. Lines and columns count from 1, as compilers print them; <see cref="EndColumn"/> is the column after the
/// last character. <see cref="Offset"/> counts characters from 0.
/// </summary>
public readonly record struct SourceSpan(int Offset, int Length, int Line, int Column, int EndLine, int EndColumn)
{
    /// <summary>The start of the file: the position of errors about missing tables.</summary>
    public static SourceSpan FileStart { get; } = new(0, 0, 1, 1, 1, 1);
}
