using System.Text.Json;
using FineTune.Parity;

namespace Training.Tests.Parity;

public class ComparisonTests
{
    private const string Expected = """
        {
          "base_seed": 17, "torch": "1.13.0",
          "children": { "conv": { "shape": [2, 4], "mean": -0.5, "std": 2.0 }, "relu": { "shape": [2, 4], "mean": 0.5, "std": 1.0 } },
          "logits": [[100, 0.001], [1, 2]],
          "head_only_losses": [3.0, 2.0]
        }
        """;

    [Fact]
    public void Another_version_and_rounding_pass() => Assert.Empty(Failures(Expected
        .Replace("1.13.0", "2.10.0", StringComparison.Ordinal)
        .Replace("-0.5", "-0.500004", StringComparison.Ordinal)
        .Replace("0.001", "0.009", StringComparison.Ordinal)
        .Replace("3.0", "3.002", StringComparison.Ordinal)));

    [Theory]
    [InlineData("17", "18", "base_seed")]
    [InlineData("-0.5", "0.5", "children.conv.mean")]
    [InlineData("\"std\": 1.0", "\"std\": 1.00002", "children.relu.std")]
    [InlineData("[2, 4], \"mean\": 0.5", "[2, 5], \"mean\": 0.5", "children.relu.shape")]
    [InlineData("\"conv\"", "\"conv1\"", "children")]
    [InlineData("[1, 2]", "[1, 2.001]", "logits[1]")]
    [InlineData("[100, 0.001]", "[100]", "logits[0]")]
    [InlineData("[3.0, 2.0]", "[3.0, 1.99]", "head_only_losses[1]")]
    [InlineData("[3.0, 2.0]", "[3.0]", "head_only_losses")]
    [InlineData("\"logits\"", "\"outputs\"", "keys")]
    public void A_difference_is_named(string old, string replacement, string name) =>
        Assert.Equal([name], Failures(Expected.Replace(old, replacement, StringComparison.Ordinal)));

    private static IEnumerable<string> Failures(string actual)
    {
        using JsonDocument expected = JsonDocument.Parse(Expected), own = JsonDocument.Parse(actual);
        return [.. Comparison.Compare(expected.RootElement, own.RootElement).Where(static number => !number.IsClose).Select(static number => number.Name)];
    }
}
