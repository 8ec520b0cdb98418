using ModelSpec.Backbones;
using ModelSpec.Networks;

namespace ModelSpec.Tests;

public class BackboneReaderTests
{
    private const string Small = """
        name = "small"
        input = [32, 32]
        layers = [
          { name = "input", type = "input" },
          { name = "conv", type = "conv2d", filters = 8, kernel = 3 },
          { name = "pool", type = "max_pool" },
        ]
        """;

    [Fact]
    public void A_project_brings_its_own_backbone()
    {
        BackboneTable table = BackboneReader.Read(Small, "small.backbone").Value!;
        string spec = Specs.Flowers.Replace("\"vgg16\"", "\"small\"", StringComparison.Ordinal)
            .Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal)
            .Replace("0..18", "backbone", StringComparison.Ordinal)
            .Replace("0..14", "none", StringComparison.Ordinal)
            .Replace("[224, 224]", "[32, 32]", StringComparison.Ordinal);

        Network network = NetworkBuilder.Build(spec, "s.modelspec", new BackboneCatalogue([table])).Value!;

        Assert.Equal(new Shape(8, 16, 16), network.Layers[2].Output);
        Assert.Equal(Preprocessing.Unit, network.Preprocessing);
    }

    [Theory]
    [InlineData("type = \"max_pool\"", "type = \"maxpool\"", "MSPEC0006", "Did you mean 'max_pool'?")]
    [InlineData("name = \"pool\"", "name = \"conv\"", "MSPEC0015", "'Conv'")]
    [InlineData("{ name = \"input\", type = \"input\" },", "", "MSPEC0015", "first layer must be the input")]
    [InlineData("filters = 8, ", "", "MSPEC0003", "'filters'")]
    [InlineData("kernel = 3", "kernal = 3", "MSPEC0002", "Did you mean 'kernel'?")]
    public void A_table_that_makes_no_sense_is_an_error(string old, string replacement, string code, string message)
    {
        var diagnostics = BackboneReader.Read(Small.Replace(old, replacement, StringComparison.Ordinal), "small.backbone").Diagnostics;

        Assert.Contains(diagnostics, d => d.Descriptor.Code == code && d.Message.Contains(message, StringComparison.Ordinal));
    }
}
