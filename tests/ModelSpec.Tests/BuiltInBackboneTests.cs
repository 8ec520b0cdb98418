using System.Collections.Concurrent;
using ModelSpec.Backbones;
using ModelSpec.Layers;

namespace ModelSpec.Tests;

public class BuiltInBackboneTests
{
    // The parameters of the body, counted in torchvision 0.14, without running statistics; the multiplications and additions of the whole
    // network in billions as torchvision publishes them with its weights; the multiplications of the classifier.
    public static TheoryData<string, long, double, long> Published => new()
    {
        { "convnext_base", 87_564_416, 15.355, 1024 * 1000 },
        { "convnext_small", 49_453_152, 8.684, 768 * 1000 },
        { "convnext_tiny", 27_818_592, 4.456, 768 * 1000 },
        { "densenet121", 6_953_856, 2.834, 1024 * 1000 },
        { "efficientnet_b0", 4_007_548, 0.386, 1280 * 1000 },
        { "efficientnet_b1", 6_513_184, 0.687, 1280 * 1000 },
        { "efficientnet_b2", 7_700_994, 1.088, 1408 * 1000 },
        { "efficientnet_b3", 10_696_232, 1.827, 1536 * 1000 },
        { "efficientnet_b4", 17_548_616, 4.394, 1792 * 1000 },
        { "inception_v3", 21_785_568, 5.713, 2048 * 1000 },
        { "mobilenet_v2", 2_223_872, 0.301, 1280 * 1000 },
        { "resnet18", 11_176_512, 1.814, 512 * 1000 },
        { "resnet34", 21_284_672, 3.664, 512 * 1000 },
        { "resnet50", 23_508_032, 4.089, 2048 * 1000 },
        { "resnet101", 42_500_160, 7.801, 2048 * 1000 },
        { "resnet152", 58_143_808, 11.514, 2048 * 1000 },
        { "vgg11", 9_220_480, 7.609, VggClassifier },
        { "vgg11_bn", 9_225_984, 7.609, VggClassifier },
        { "vgg13", 9_404_992, 11.308, VggClassifier },
        { "vgg13_bn", 9_410_880, 11.308, VggClassifier },
        { "vgg16", 14_714_688, 15.47, VggClassifier },
        { "vgg16_bn", 14_723_136, 15.47, VggClassifier },
        { "vgg19", 20_024_384, 19.632, VggClassifier },
        { "vgg19_bn", 20_035_392, 19.632, VggClassifier },
        { "vit_b_16", 85_798_656, 17.564, 768 * 1000 },
        { "vit_b_32", 87_455_232, 4.409, 768 * 1000 },
    };

    private const long VggClassifier = (25_088L * 4096) + (4096 * 4096) + (4096 * 1000);

    private static readonly ConcurrentDictionary<string, List<Layer>> Built = new(StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. BackboneCatalogue.BuiltIn.Names];

    [Theory]
    [MemberData(nameof(Published))]
    public void A_backbone_has_the_parameters_and_multiplications_of_torchvision(string name, long parameters, double billions, long classifier)
    {
        List<Layer> layers = Body(name);

        Assert.Equal(parameters, layers.Sum(static l => l.LearntParameters));
        Assert.Equal(billions, Math.Round((layers.Sum(static l => l.Multiplications) + classifier) / 1e9, 3));
    }

    [Fact]
    public void Every_backbone_is_held_to_published_numbers() => Assert.Equal(
        BackboneCatalogue.BuiltIn.Names.Except(["efficientnet_lite0", "mobilenet_v1"]).Order(StringComparer.Ordinal),
        Published.Select(static row => row.Data.Item1).Order(StringComparer.Ordinal));

    // The package efficientnet-lite-pytorch gives 4.7 million parameters and 407 million multiplications with the classifier of 1,000 classes.
    [Fact]
    public void EfficientNet_Lite0_has_the_parameters_and_multiplications_of_its_authors()
    {
        List<Layer> layers = Body("efficientnet_lite0");

        Assert.Equal(4_652_008 - (1280 * 1000) - 1000, layers.Sum(static l => l.LearntParameters));
        Assert.InRange(layers.Sum(static l => l.Multiplications) + (1280 * 1000), 380_000_000, 415_000_000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_layers_of_a_backbone_differ_in_names_members_keys_and_tensors(string name)
    {
        List<Layer> layers = Body(name);

        AssertDistinct(layers.Select(static l => l.Name));
        AssertDistinct(layers.Select(static l => l.Member));
        AssertDistinct(layers.Select(static l => l.Key));
        AssertDistinct(layers.SelectMany(static l => l.State.Select(l.KeyOf)));
        Assert.All(layers, static l => Assert.All(l.Inputs, input => Assert.InRange(input, 0, l.Index - 1)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_reads_as_the_same_layers_each_time(string name)
    {
        BackboneTable table = BackboneCatalogue.BuiltIn.Find(name)!;
        BackboneTable again = Backbones.Read(Text(name)) with { Path = table.Path };

        Assert.Equal(table, again);
        Assert.Equal(table.GetHashCode(), again.GetHashCode());
        Assert.Equal(Body(name).Select(static l => l.Digest), Backbones.Build(again, again.Height, again.Width).Select(static l => l.Digest));
        AssertDistinct(Body(name).Select(static l => l.Digest));
    }

    // PyTorch's files have the beginning of their digest in the name.
    [Theory]
    [MemberData(nameof(Names))]
    public void The_digest_of_a_pth_file_is_the_one_in_its_name(string name) => Assert.All(
        BackboneCatalogue.BuiltIn.Find(name)!.WeightSets.Where(static set => set.File.EndsWith(".pth", StringComparison.Ordinal)),
        static set => Assert.EndsWith($"-{set.Digest!["sha256:".Length..][..8]}.pth", set.File, StringComparison.Ordinal));

    internal static string Text(string name)
    {
        using Stream stream = typeof(BackboneCatalogue).Assembly.GetManifestResourceStream(name + ".backbone")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static List<Layer> Body(string name) => Built.GetOrAdd(name, static name =>
    {
        BackboneTable table = BackboneCatalogue.BuiltIn.Find(name)!;
        return Backbones.Build(table, table.Height, table.Width);
    });

    private static void AssertDistinct(IEnumerable<string> values) =>
        Assert.Empty(values.GroupBy(static v => v, StringComparer.Ordinal).Where(static g => g.Count() > 1).Select(static g => g.Key));
}
