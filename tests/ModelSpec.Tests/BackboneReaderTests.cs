using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;

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

        Network network = TrainingPlanBuilder.Build(spec, "s.modelspec", new BackboneCatalogue([table])).Value!.Network;

        Assert.Equal(new Shape(8, 16, 16), network.Layers[2].Output);
        Assert.Equal(Preprocessing.Unit, network.Preprocessing);
    }

    [Theory]
    [InlineData("type = \"max_pool\"", "type = \"maxpool\"", "MSPEC0006", "Did you mean 'max_pool'?")]
    [InlineData("name = \"pool\"", "name = \"conv\"", "MSPEC0015", "'Conv'")]
    [InlineData("{ name = \"input\", type = \"input\" },", "", "MSPEC0015", "first layer must be the input")]
    [InlineData("filters = 8, ", "", "MSPEC0003", "'filters'")]
    [InlineData("kernel = 3", "kernal = 3", "MSPEC0002", "Did you mean 'kernel'?")]
    [InlineData("\"small\"", "\" \"", "MSPEC0005", "'name'")]
    [InlineData("name = \"conv\"", "name = \" \"", "MSPEC0007", "a member")]
    public void A_table_that_makes_no_sense_is_an_error(string old, string replacement, string code, string message)
    {
        var diagnostics = BackboneReader.Read(Small.Replace(old, replacement, StringComparison.Ordinal), "small.backbone").Diagnostics;

        Assert.Contains(diagnostics, d => d.Descriptor.Code == code && d.Message.Contains(message, StringComparison.Ordinal));
    }

    // The layer, its key, and a part of the message.
    [Theory]
    [InlineData("conv", "pool", "'conv' and 'pool' have the same key 'pool'")]
    [InlineData("pool", "conv.0", "overlap; ")]
    [InlineData("conv", "pool.0", "overlap; ")]
    [InlineData("conv", "head.conv", "belongs to the network's head")]
    [InlineData("conv", "head", "belongs to the network's head")]
    [InlineData("conv", "a..b", "is empty")]
    [InlineData("conv", "", "is empty")]
    public void Keys_that_cannot_be_registered_are_an_error(string layer, string key, string message)
    {
        string text = Small.Replace($"name = \"{layer}\"", $"name = \"{layer}\", key = \"{key}\"", StringComparison.Ordinal);

        Diagnostic diagnostic = Assert.Single(BackboneReader.Read(text, "small.backbone").Diagnostics);

        Assert.Equal("MSPEC0034", diagnostic.Descriptor.Code);
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_can_be_a_group_of_others()
    {
        string text = Small.Replace("name = \"conv\"", "name = \"conv\", key = \"features.0\"", StringComparison.Ordinal)
            .Replace("name = \"pool\"", "name = \"pool\", key = \"features.01\"", StringComparison.Ordinal);

        Assert.Empty(BackboneReader.Read(text, "small.backbone").Diagnostics);
    }

    [Theory]
    [InlineData("md5:6d6bbae143d832006294945121d1f1fc", true)]
    [InlineData("sha256:397923af", true)]
    [InlineData("sha256:0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789ABCDEF", true)]
    [InlineData("abc", false)]
    [InlineData("", false)]
    [InlineData("sha512:397923af", false)]
    [InlineData("sha256:", false)]
    [InlineData("sha256:397923a", false)]
    [InlineData("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", false)]
    [InlineData("sha256:397923ag", false)]
    [InlineData("md5:397923af", false)]
    [InlineData("sha256:397923af:md5", false)]
    public void A_digest_is_checked_where_it_is_written(string digest, bool valid)
    {
        string text = Small + WeightSet("w.pth", digest);

        var diagnostics = BackboneReader.Read(text, "small.backbone").Diagnostics;

        if (valid) Assert.Empty(diagnostics);
        else AssertAt(text, $"\"{digest}\"\nurl", "MSPEC0035", diagnostics);
    }

    [Theory]
    [InlineData("../x.pth")]
    [InlineData("a/x.pth")]
    [InlineData("a\\\\x.pth")]
    [InlineData("C:x.pth")]
    [InlineData("..")]
    [InlineData("x\\u0000")]
    public void The_file_of_a_weight_set_is_a_name_without_a_folder(string file)
    {
        string text = Small + WeightSet(file, "sha256:397923af");

        AssertAt(text, $"\"{file}\"", "MSPEC0036", BackboneReader.Read(text, "small.backbone").Diagnostics);
    }

    [Fact]
    public void Members_of_the_generated_class_do_not_collide()
    {
        string text = Small.Replace("\"conv\"", "\"head\", key = \"c\"", StringComparison.Ordinal)
            .Replace("\"pool\"", "\"head_layer\"", StringComparison.Ordinal)
            .Replace("\"input\", type", "\"flower_classifier\", type", StringComparison.Ordinal);
        BackboneTable table = BackboneReader.Read(text, "small.backbone").Value!;
        string spec = Specs.Flowers.Replace("\"vgg16\"", "\"small\"", StringComparison.Ordinal).Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal)
            .Replace("0..18", "none", StringComparison.Ordinal).Replace("0..14", "none", StringComparison.Ordinal);

        Network network = TrainingPlanBuilder.Build(spec, "s.modelspec", new BackboneCatalogue([table])).Value!.Network;

        Assert.Equal(["FlowerClassifierLayer", "HeadLayer", "HeadLayerLayer"], network.Body.Select(static l => l.Member));
    }

    private static string WeightSet(string file, string digest) => $"""

        [[weights]]
        name = "w"
        file = "{file}"
        digest = "{digest}"
        url = "https://example.org/w"
        preprocess = "unit"
        """.ReplaceLineEndings("\n");

    private static void AssertAt(string text, string place, string code, EquatableArray<Diagnostic> diagnostics)
    {
        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.Equal(code, diagnostic.Descriptor.Code);
        Assert.Equal(Specs.Position(text, place), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void A_weight_set_can_say_how_large_its_file_is()
    {
        string set = WeightSet("w.h5", "sha256:397923af") + "\nsize = \"7.5 MB\"";

        Assert.Equal("7.5 MB", Assert.Single(BackboneReader.Read(Small + set, "small.backbone").Value!.WeightSets).Size);
    }

    [Theory]
    [InlineData("resize = 31", "31", "MSPEC0005", "'resize' must be in [32, 8192], not 31.")]
    [InlineData("interpolation = \"cubic\"", "\"cubic\"", "MSPEC0006", "bilinear, bicubic")]
    [InlineData("rename = { \"*.norm.1.\" = \"norm1.\" }", "\"norm1.\" }", "MSPEC0005", "of which both begin with '*' or none does, not '*.norm.1.' = 'norm1.'")]
    [InlineData("rename = { \"module.\" = \"*\" }", "\"*\" }", "MSPEC0005", "of which both begin with '*' or none does")]
    [InlineData("rename = { \"*\" = \"*module.\" }", "\"*module.\" }", "MSPEC0005", "something after the first '*'")]
    public void What_a_weight_set_cannot_mean_is_an_error(string line, string place, string code, string message)
    {
        string text = Small + WeightSet("w.pth", "sha256:397923af") + "\n" + line;

        EquatableArray<Diagnostic> diagnostics = BackboneReader.Read(text, "small.backbone").Diagnostics;

        AssertAt(text, place, code, diagnostics);
        Assert.Contains(message, diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_set_can_say_where_in_an_archive_its_file_is()
    {
        string set = WeightSet("w.pth", "sha256:397923af") + "\nmember = \"package/models/w.pth\"";

        Assert.Equal("package/models/w.pth", Assert.Single(BackboneReader.Read(Small + set, "small.backbone").Value!.WeightSets).Member);
        AssertAt(Small + set.Replace("package/models/w.pth", "", StringComparison.Ordinal), "\"\"", "MSPEC0005", BackboneReader.Read(
            Small + set.Replace("package/models/w.pth", "", StringComparison.Ordinal), "small.backbone").Diagnostics);
    }

    /// <summary>The address of a page about a file, instead of the file itself, would be downloaded and refused.</summary>
    [Fact]
    public void Each_built_in_weight_set_is_at_an_address_that_ends_with_its_file_or_names_the_archive_with_it()
    {
        foreach (string name in BackboneCatalogue.BuiltIn.Names)
        {
            foreach (WeightSet set in BackboneCatalogue.BuiltIn.Find(name)!.WeightSets)
            {
                Assert.EndsWith("/" + set.File, set.Member ?? set.Url, StringComparison.Ordinal);
                if (set.Member is not null) Assert.Matches(@"\.(zip|whl)\z", set.Url);
            }
        }
    }
}
