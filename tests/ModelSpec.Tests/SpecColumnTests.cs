using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace ModelSpec.Tests;

/// <summary>Errors of values within arrays and inline tables are at the value, not at the array or at the key.</summary>
public class SpecColumnTests
{
    // A text of the spec, its replacement with ¦ in front of the place of the error, and the error's code.
    [Theory]
    [InlineData("[224, 224]", "[224, ¦0]", "MSPEC0005")]
    [InlineData("[224, 224]", "[224,  ¦\"wide\"]", "MSPEC0004")]
    [InlineData("[224, 224]", "[ # height, width\n  224,\n  ¦2.5,\n]", "MSPEC0004")]
    [InlineData("[224, 224]", "¦[224]", "MSPEC0004")]
    [InlineData("\"snowdrop\", ", "\"snowdrop\",\n    ¦17, ", "MSPEC0004")]
    [InlineData("\"flatten\", ", "\"flatten\", ¦\"linear(x)\", ", "MSPEC0004")]
    [InlineData("\"flatten\", ", "\n  \"flatten\",\n\t¦\"linaer(5)\", ", "MSPEC0006")]
    [InlineData("\"flowers17\"", "\"flowers17\"\nallow = [\"a.jpg\", ¦5]", "MSPEC0004")]
    [InlineData("train = 0.75, test = 0.25", "train = 0.75, ¦tset = 0.2, test = 0.25", "MSPEC0002")]
    [InlineData("train = 0.75, test = 0.25", "train = ¦0, test = 1", "MSPEC0005")]
    [InlineData("train = 0.75, test = 0.25", "test = 0.25, \"train\" = 0.75, validation = ¦true", "MSPEC0004")]
    [InlineData("optimizer = \"rmsprop\"", "optimizer = \"adam\"\nbetas = [0.9, ¦1.0]", "MSPEC0005")]
    public void Errors_within_arrays_and_inline_tables_are_at_their_values(string text, string replacement, string code)
    {
        Assert.Contains(text, Specs.Flowers, StringComparison.Ordinal);
        string marked = Specs.Flowers.Replace("\r\n", "\n", StringComparison.Ordinal).Replace(text, replacement, StringComparison.Ordinal);
        string before = marked[..marked.IndexOf('¦', StringComparison.Ordinal)];
        int line = before.Count(static c => c == '\n') + 1, column = before.Length - before.LastIndexOf('\n');

        var diagnostics = SpecReader.Read(marked.Replace("¦", "", StringComparison.Ordinal), "a.modelspec", PluginWords.BuiltIn).Diagnostics;

        Diagnostic error = Assert.Single(diagnostics, diagnostic => diagnostic.Descriptor.Code == code);
        Assert.Equal((line, column), (error.Span.Line, error.Span.Column));
    }
}
