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

    [Theory]
    [InlineData("\"md5:0123456789abcdef\"", "\"w.h5\"", null)]
    [InlineData("\"abc\"", "\"w.h5\"", "'abc' is not a digest")]
    [InlineData("\"sha512:00\"", "\"w.h5\"", "'sha512:00' is not a digest")]
    [InlineData("\"md5:00\"", "\"../w.h5\"", "'../w.h5' is a path")]
    public void A_weight_set_has_a_digest_that_can_be_checked_and_a_file_in_its_folder(string digest, string file, string? message)
    {
        string set = $"""

            [[weights]]
            name = "imagenet"
            file = {file}
            url = "https://example.com/w.h5"
            digest = {digest}
            size = "7.5 MB"
            preprocess = "unit"
            """;

        var result = BackboneReader.Read(Small + set, "small.backbone");

        if (message is null) Assert.Equal("7.5 MB", Assert.Single(result.Value!.WeightSets).Size);
        else Assert.Contains(result.Diagnostics, d => d.Descriptor.Code == "MSPEC0015" && d.Message.Contains(message, StringComparison.Ordinal));
    }
}
