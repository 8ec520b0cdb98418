using ModelSpec.Diagnostics;

namespace ModelSpec.Tests;

public class DiagnosticHelpTests
{
    [Theory]
    [InlineData("https://example.org/docs")]
    [InlineData("https://example.org/docs/")]
    public void A_code_links_to_its_anchor_in_the_documentation(string documentation) =>
        Assert.Equal("https://example.org/docs/diagnostics.md#mspec0006", DiagnosticHelp.LinkOf("MSPEC0006", documentation));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_place_of_the_documentation_there_is_no_link(string? documentation) => Assert.Null(DiagnosticHelp.LinkOf("MSPEC0006", documentation));
}
