using ModelSpec.Backbones;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Text;

namespace ModelSpec.Tests;

public class NetworkTests
{
    [Fact]
    public void Vgg16_has_the_layers_indices_and_parameters_of_Keras()
    {
        Network network = Specs.Network(Specs.Flowers);

        Assert.Equal(19, network.BodyLength);
        Assert.Equal(
            ["input", "block1_conv1", "block1_conv2", "block1_pool", "block2_conv1", "block2_conv2", "block2_pool", "block3_conv1",
             "block3_conv2", "block3_conv3", "block3_pool", "block4_conv1", "block4_conv2", "block4_conv3", "block4_pool", "block5_conv1",
             "block5_conv2", "block5_conv3", "block5_pool"],
            network.Body.Select(static l => l.Name));
        Assert.Equal(14_714_688, network.Body.Sum(static l => l.Parameters));
        Assert.Equal(new Shape(512, 7, 7), network.Layers[18].Output);
        Assert.Equal("features.28", network.Layers[17].Key);
    }

    [Fact]
    public void Head_layers_go_on_counting_after_the_body()
    {
        Network network = Specs.Network(Specs.Flowers);

        Assert.Equal(
            ["19 flatten", "20 fc1", "21 relu", "22 dropout", "23 fc2", "24 softmax"],
            network.Head.Select(static l => $"{l.Index} {l.Name}"));
        Assert.Equal(25_088 * 256 + 256, network.Layers[20].Parameters);
    }

    // The parameters that Keras counts for MobileNet(include_top=False, alpha=...).
    [Theory]
    [InlineData(0.25, 218_544)]
    [InlineData(0.5, 829_536)]
    [InlineData(0.75, 1_832_976)]
    [InlineData(1.0, 3_228_864)]
    public void MobileNet_has_the_layers_and_parameters_of_Keras(double width, long parameters)
    {
        Network network = Specs.Network(MobileNet(width));

        Assert.Equal(86, network.BodyLength);
        Assert.Equal(parameters, network.Body.Sum(static l => l.Parameters));
        Assert.Equal("conv_pad_2", network.Layers[10].Name);
        Assert.Equal("conv_pw_13_relu", network.Layers[85].Name);
        Assert.Equal(new Shape((int)(1024 * width), 7, 7), network.Layers[85].Output);
    }

    // Table 6 of Howard et al., "MobileNets" (2017): millions of multiplications and additions, with the classifier of 1,000 classes.
    [Theory]
    [InlineData(0.25, 41)]
    [InlineData(0.5, 149)]
    [InlineData(0.75, 325)]
    [InlineData(1.0, 569)]
    public void MobileNet_multiplies_as_often_as_its_paper_says(double width, long millions)
    {
        Network network = Specs.Network(MobileNet(width));

        long classifier = 1000 * network.Layers[85].Output.Channels;
        Assert.Equal(millions, (network.Body.Sum(static l => l.Multiplications) + classifier + 500_000) / 1_000_000);
    }

    [Fact]
    public void Same_padding_puts_the_odd_row_at_the_end()
    {
        Assert.Equal(new Padding(0, 1, 0, 1), Padding.Same(224, 224, Extent.Square(3), Extent.Square(2)));
        Assert.Equal(new Padding(1, 1, 1, 1), Padding.Same(225, 225, Extent.Square(3), Extent.Square(2)));
        Assert.Equal(new Padding(1, 1, 1, 1), Padding.Same(224, 224, Extent.Square(3), Extent.Square(1)));
        Assert.Equal(Padding.None, Padding.Same(224, 224, Extent.Square(1), Extent.Square(1)));
    }

    // Rows and columns of the input, what a layer of its own pads, and what the convolution pads by itself.
    [Theory]
    [InlineData(64, 66, 3, null, 1, 0)]
    [InlineData(64, 64, 2, "0 1 0 1", 0, 0)]
    [InlineData(64, 64, 1, null, 1, 1)]
    public void A_convolution_pads_itself_where_opposite_sides_are_equal(int height, int width, int stride, string? before, int rows, int columns)
    {
        string text = $$"""
            name = "small"
            input = [{{height}}, {{width}}]
            layers = [
              { name = "input", type = "input" },
              { name = "conv", type = "conv2d", filters = 8, kernel = 3, stride = {{stride}} },
            ]
            """;
        Layer conv = BodyBuilder.Build(BackboneReader.Read(text, "small.backbone").Value!, height, width, 1, "").Layers[1];

        Assert.Equal(before, conv.Primitives.OfType<PadPrimitive>().SingleOrDefault()?.Padding.DescribeForDigest());
        Assert.Equal(new Extent(rows, columns), conv.Primitives.OfType<ConvolutionPrimitive>().Single().Padding);
    }

    [Theory]
    [InlineData("my-app.2d.class", "my_app._2d.@class")]
    [InlineData("Flowers", "Flowers")]
    [InlineData("a..b", "a._.b")]
    public void A_projects_name_gives_a_namespace(string name, string ns) => Assert.Equal(ns, Identifiers.ToNamespace(name));

    [Fact]
    public void The_weight_set_brings_its_preprocessing_unless_the_spec_overrides_it()
    {
        Assert.Equal(Preprocessing.Caffe, Specs.Network(Specs.Flowers).Preprocessing);
        Assert.Equal(Preprocessing.Symmetric, Specs.Network(MobileNet(0.75)).Preprocessing);
        string overridden = Specs.With("weights      = \"imagenet\"", "weights = \"imagenet\"\npreprocess = \"unit\"");
        Assert.Equal(Preprocessing.Unit, Specs.Network(overridden).Preprocessing);
    }

    // Backbone, weights and input, and the shorter side to which images are resized.
    [Theory]
    [InlineData("resnet50", "imagenet", "[224, 224]", 256, false)]
    [InlineData("resnet50", "imagenet-v2", "[224, 224]", 232, false)]
    [InlineData("resnet50", "imagenet", "[160, 160]", 182, false)] // 182.86: the fraction is dropped
    [InlineData("resnet50", "imagenet", "[224, 320]", 256, false)]
    [InlineData("efficientnet_b1", "imagenet", "[240, 240]", 256, true)]
    [InlineData("efficientnet_b2", "imagenet", "[288, 288]", 288, true)]
    [InlineData("efficientnet_b2", "imagenet", "[144, 144]", 144, true)]
    public void The_weight_set_says_how_images_are_resized(string backbone, string weights, string input, int shorterSide, bool isBicubic)
    {
        Network network = Specs.Network(Specs.OfBackbone(backbone, weights, input));

        Assert.Equal(new ImagePreparation(shorterSide, isBicubic), network.Preparation);
    }

    [Theory]
    [InlineData("resnet50", "none")]
    [InlineData("resnet50", "mine.pth")]
    [InlineData("vgg16", "imagenet")]
    public void Without_a_word_of_the_weight_set_images_just_cover_the_input(string backbone, string weights) =>
        Assert.Null(Specs.Network(Specs.OfBackbone(backbone, weights, "[224, 224]")).Preparation);

    private static string MobileNet(double width) => Specs.Flowers
        .Replace("\"vgg16\"", FormattableString.Invariant($"\"mobilenet_v1\"\nwidth = {width}"), StringComparison.Ordinal)
        .Replace("0..18", "backbone", StringComparison.Ordinal);
}
