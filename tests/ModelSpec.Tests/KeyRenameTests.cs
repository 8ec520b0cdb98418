using ModelSpec.Backbones;

namespace ModelSpec.Tests;

public class KeyRenameTests
{
    [Theory]
    [InlineData("module.", "", "module.conv.weight", "conv.weight")]
    [InlineData("module.", "", "net.module.conv.weight", null)]
    [InlineData("a.", "a.a.", "a.a.weight", "a.a.a.weight")]
    [InlineData("*.norm.1.", "*.norm1.", "features.layer1.norm.1.weight", "features.layer1.norm1.weight")]
    [InlineData("*.norm.1.", "*.norm1.", "features.norm.10.weight", null)]
    [InlineData("*.norm.1.", "*.norm1.", "norm.1.weight", null)]
    [InlineData("*block.", "*", "block.1.block.2.weight", "1.2.weight")]
    public void A_beginning_is_renamed_and_after_a_star_any_part(string from, string to, string name, string? renamed) =>
        Assert.Equal(renamed, new KeyRename(from, to).Apply(name));
}
