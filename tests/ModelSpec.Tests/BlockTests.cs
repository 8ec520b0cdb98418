using ModelSpec.Backbones;
using ModelSpec.Layers;

namespace ModelSpec.Tests;

public class BlockTests
{
    private const string Residual = """
        [block.residual]
        parameters = ["filters"]
        defaults   = { kernel = 3 }
        layers     = [
          { name = "conv1", type = "conv2d", filters = "$filters", kernel = "$kernel" },
          { name = "relu1", type = "relu", key = "activation" },
          { name = "conv2", type = "conv2d", filters = "$filters", kernel = "$kernel" },
          { name = "add",   type = "add", from = ["conv2", "$input"] },
        ]
        """;

    [Fact]
    public void A_block_is_written_out_with_its_names_and_keys_before_those_of_its_rows()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { name = "stem", type = "conv2d", filters = 8 },
              { block = "residual", name = "layer1_0", key = "layer1.0", filters = 8 },
              { name = "relu", type = "relu" },
            """, Residual));

        Assert.Equal(
            [
                "0 input input  -", "1 stem stem 0 -", "2 layer1_0_conv1 layer1.0.conv1 1 layer1_0", "3 layer1_0_relu1 layer1.0.activation 2 layer1_0",
                "4 layer1_0_conv2 layer1.0.conv2 3 layer1_0", "5 layer1_0_add layer1.0.add 4 1 layer1_0", "6 relu relu 5 -",
            ],
            layers.Select(static l => $"{l.Index} {l.Name} {l.Key} {string.Join(' ', l.Inputs)} {l.Block ?? "-"}"));
    }

    [Fact]
    public void The_name_is_the_key_unless_there_is_one()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { name = "stem", type = "conv2d", filters = 8 },
              { block = "residual", name = "first", filters = 8 },
            """, Residual));

        Assert.Equal("first.conv2", layers[4].Key);
    }

    [Theory]
    [InlineData("", "3")]
    [InlineData(", kernel = 5", "5")]
    [InlineData(", kernel = [1, 7]", "1x7")]
    public void A_default_holds_until_a_row_gives_the_parameter(string parameter, string kernel)
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text($$"""
              { name = "stem", type = "conv2d", filters = 8 },
              { block = "residual", name = "first", filters = 8{{parameter}} },
            """, Residual));

        Assert.All([layers[2], layers[4]], l => Assert.Equal(kernel, ((ConvolutionPrimitive)l.Main!).Kernel.ToString()));
    }

    [Fact]
    public void A_parameter_can_be_a_list_or_a_part_of_one()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { block = "padded", name = "a", sides = [1, 2, 3, 4], columns = 3 },
            """, """
            [block.padded]
            parameters = ["sides", "columns"]
            layers = [
              { name = "pad", type = "zero_pad", padding = "$sides" },
              { name = "pool", type = "max_pool", kernel = [1, "$columns"] },
            ]
            """));

        Assert.Equal(new Shape(3, 35, 39), layers[1].Output);
        Assert.Equal(new Shape(3, 35, 13), layers[2].Output);
    }

    [Fact]
    public void A_repeated_block_reads_the_one_before_it()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { name = "stem", type = "conv2d", filters = 8 },
              { name = "side", type = "relu" },
              { block = "residual", name = "layer1_{n}", key = "layer1.{n}", n = "1..3", from = "stem", filters = 8 },
              { name = "sum", type = "add", from = ["layer1_1", "layer1_3", "side"] },
            """, Residual));

        Assert.Equal(["layer1_1", "layer1_2", "layer1_3"], layers.Select(static l => l.Block).OfType<string>().Distinct());
        Assert.Equal([1, 6, 10], layers.Where(static l => l.Name.EndsWith("conv1", StringComparison.Ordinal)).Select(static l => l.Inputs[0]));
        Assert.Equal([6, 14, 2], layers[^1].Inputs);
        Assert.Equal("layer1.2.conv1", layers[7].Key);
    }

    [Fact]
    public void A_layer_can_be_repeated_too()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { name = "conv{n}", key = "features.{n}", n = "0..2", type = "conv2d", filters = 8 },
              { name = "pool", type = "max_pool", from = "conv2" },
            """));

        Assert.Equal(["conv0", "conv1", "conv2"], layers.Skip(1).Take(3).Select(static l => l.Name));
        Assert.Equal([0, 1, 2, 3], layers.Skip(1).Select(static l => l.Inputs[0]));
        Assert.Equal("features.1", layers[2].Key);
    }

    [Fact]
    public void A_block_in_a_block_passes_parameters_on()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { block = "outer", name = "a", key = "x.a", width = 6 },
            """, """
            [block.outer]
            parameters = ["width"]
            layers = [
              { block = "inner", name = "first", filters = "$width" },
              { block = "inner", name = "skip", from = "$input", filters = "$width" },
              { name = "add", type = "add", from = ["first", "skip"] },
            ]
            [block.inner]
            parameters = ["filters"]
            layers = [
              { name = "0", type = "conv2d", filters = "$filters" },
              { name = "1", type = "batch_norm" },
            ]
            """));

        Assert.Equal(["input", "a_first_0", "a_first_1", "a_skip_0", "a_skip_1", "a_add"], layers.Select(static l => l.Name));
        Assert.Equal(["x.a.first.0", "x.a.first.1", "x.a.skip.0", "x.a.skip.1", "x.a.add"], layers.Skip(1).Select(static l => l.Key));
        Assert.Equal("0; 1; 0; 3; 2 4", string.Join("; ", layers.Skip(1).Select(static l => string.Join(' ', l.Inputs))));
        Assert.All(layers.Skip(1), static l => Assert.Equal("a", l.Block));
        Assert.Equal(6, layers[5].Output.Channels);
    }

    [Fact]
    public void Names_are_looked_for_in_the_block_first_and_then_around_it()
    {
        List<Layer> layers = Backbones.Layers(Backbones.Text("""
              { name = "conv", type = "conv2d", filters = 3 },
              { name = "relu", type = "relu" },
              { block = "mixed", name = "a" },
            """, """
            [block.mixed]
            layers = [
              { name = "relu", type = "relu" },
              { name = "sum", type = "add", from = ["relu", "conv"] },
            ]
            """));

        Assert.Equal([3, 1], layers[4].Inputs);
    }

    [Fact]
    public void Names_of_a_block_are_not_seen_outside()
    {
        string text = Backbones.Text("""
              { name = "stem", type = "conv2d", filters = 8 },
              { block = "residual", name = "first", filters = 8 },
              { name = "pool", type = "max_pool", from = "first_conv2" },
            """, Residual);

        Backbones.AssertError(text, "\"first_conv2\"", "MSPEC0015", "No row above is called 'first_conv2'.");
    }

    [Fact]
    public void A_value_is_replaced_as_a_whole_only()
    {
        BackboneTable table = Backbones.Read(Backbones.Text("""
              { block = "named", name = "a", what = "b" },
            """, """
            [block.named]
            parameters = ["what"]
            layers = [ { name = "x", type = "relu", key = "k$what" } ]
            """));

        Assert.Equal("a.k$what", table.Rows[1].Key);
    }
}
