using ModelSpec.Backbones;
using ModelSpec.Layers;

namespace ModelSpec.Tests;

public class LayerShapeTests
{
    // What the layer reads (rows before it), the row without its name, its output, its tensors, and its multiplications.
    [Theory]
    [InlineData("", "type = \"conv2d\", filters = 8", "[N, 8, 20, 12]", "weight 8 3 3 3; bias 8", 8 * 20 * 12 * 27)]
    [InlineData("", "type = \"conv2d\", filters = 8, stride = 2, bias = false", "[N, 8, 10, 6]", "weight 8 3 3 3", 8 * 10 * 6 * 27)]
    [InlineData("", "type = \"conv2d\", filters = 6, kernel = [1, 5], stride = [2, 1], padding = [0, 1]", "[N, 6, 10, 10]", "weight 6 3 1 5; bias 6", 6 * 10 * 10 * 15)]
    [InlineData("", "type = \"conv2d\", filters = 6, groups = 3, padding = \"valid\", activation = \"silu\"", "[N, 6, 18, 10]", "weight 6 1 3 3; bias 6", 6 * 18 * 10 * 9)]
    [InlineData("", "type = \"conv2d\", filters = 2, dilation = 2, padding = [1, 2, 3, 4]", "[N, 2, 19, 15]", "weight 2 3 3 3; bias 2", 2 * 19 * 15 * 27)]
    [InlineData("", "type = \"depthwise_conv2d\", kernel = 5, padding = 2, bias = false", "[N, 3, 20, 12]", "weight 3 1 5 5", 3 * 20 * 12 * 25)]
    [InlineData("", "type = \"batch_norm\"", "[N, 3, 20, 12]", "weight 3; bias 3; running_mean 3; running_var 3", 0)]
    [InlineData("", "type = \"layer_norm\"", "[N, 3, 20, 12]", "weight 3; bias 3", 0)]
    [InlineData("tokens", "type = \"layer_norm\"", "[N, 240, 3]", "weight 3; bias 3", 0)]
    [InlineData("flatten", "type = \"layer_norm\"", "[N, 720]", "weight 720; bias 720", 0)]
    [InlineData("", "type = \"relu\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("", "type = \"relu6\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("", "type = \"silu\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("", "type = \"hard_swish\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("", "type = \"hard_sigmoid\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("", "type = \"sigmoid\"", "[N, 3, 20, 12]", "", 0)]
    [InlineData("tokens", "type = \"gelu\"", "[N, 240, 3]", "", 0)]
    [InlineData("flatten", "type = \"tanh\"", "[N, 720]", "", 0)]
    [InlineData("", "type = \"max_pool\"", "[N, 3, 10, 6]", "", 0)]
    [InlineData("", "type = \"max_pool\", kernel = 3, stride = 2, padding = 1", "[N, 3, 10, 6]", "", 0)]
    [InlineData("", "type = \"average_pool\", kernel = [4, 3], stride = 1", "[N, 3, 17, 10]", "", 0)]
    [InlineData("", "type = \"average_pool\", kernel = 3, padding = [1, 0], include_padding = false", "[N, 3, 7, 4]", "", 0)]
    [InlineData("", "type = \"global_average_pool\"", "[N, 3]", "", 0)]
    [InlineData("", "type = \"global_max_pool\", keep = true", "[N, 3, 1, 1]", "", 0)]
    [InlineData("", "type = \"zero_pad\", padding = [1, 2, 3, 4]", "[N, 3, 23, 19]", "", 0)]
    [InlineData("relu", "type = \"add\", from = [\"relu\", \"input\", \"relu\"]", "[N, 3, 20, 12]", "", 0)]
    [InlineData("relu", "type = \"concat\", from = [\"relu\", \"input\", \"relu\"]", "[N, 9, 20, 12]", "", 0)]
    [InlineData("relu", "type = \"multiply\", from = [\"relu\", \"input\"]", "[N, 3, 20, 12]", "", 0)]
    [InlineData("squeeze", "type = \"multiply\", from = [\"squeeze\", \"input\"]", "[N, 3, 20, 12]", "", 0)]
    [InlineData("squeeze", "type = \"multiply\", from = [\"input\", \"squeeze\"]", "[N, 3, 20, 12]", "", 0)]
    [InlineData("flatten", "type = \"linear\", units = 5", "[N, 5]", "weight 5 720; bias 5", 5 * 720)]
    [InlineData("tokens", "type = \"linear\", units = 5, bias = false", "[N, 240, 5]", "weight 5 3", 240 * 5 * 3)]
    [InlineData("", "type = \"linear\", units = 5", "[N, 5, 20, 12]", "weight 5 3; bias 5", 5 * 20 * 12 * 3)]
    [InlineData("", "type = \"flatten\"", "[N, 720]", "", 0)]
    [InlineData("", "type = \"tokens\"", "[N, 240, 3]", "", 0)]
    [InlineData("tokens", "type = \"first_token\"", "[N, 3]", "", 0)]
    [InlineData("tokens", "type = \"class_token\"", "[N, 241, 3]", "layer 1 1 3", 0)]
    [InlineData("tokens", "type = \"position_embedding\"", "[N, 240, 3]", "layer 1 240 3", 0)]
    [InlineData("", "type = \"layer_scale\"", "[N, 3, 20, 12]", "layer 3 1 1", 0)]
    [InlineData("tokens", "type = \"attention\", heads = 3", "[N, 240, 3]", "in_proj_weight 9 3; in_proj_bias 9; out_proj.weight 3 3; out_proj.bias 3",
        4L * 240 * 3 * 3 + 2L * 240 * 240 * 3)]
    [InlineData("", "type = \"dropout\", probability = 0.5", "[N, 3, 20, 12]", "", 0)]
    [InlineData("tokens", "type = \"stochastic_depth\", probability = 0.1", "[N, 240, 3]", "", 0)]
    public void A_layer_has_the_shape_tensors_and_products_of_its_type(string before, string row, string output, string state, long multiplications)
    {
        string keys = before == "squeeze" ? "type = \"global_average_pool\", keep = true" : $"type = \"{before}\"";
        string rows = before.Length == 0 ? "" : $"  {{ name = \"{before}\", {keys} }},\n";

        Layer layer = Backbones.Layers(Backbones.Text($"{rows}  {{ name = \"layer\", {row} }},", input: "[20, 12]"))[^1];

        Assert.Equal(output, layer.Output.ToString());
        Assert.Equal(state, string.Join("; ", layer.State.Select(s => $"{(s.Name.Length == 0 ? layer.KeyOf(s) : s.Name)} {string.Join(' ', s.Shape)}")));
        Assert.Equal(multiplications, layer.Multiplications);
    }

    [Fact]
    public void Every_type_is_in_the_theory_of_shapes()
    {
        IEnumerable<string> tested = typeof(LayerShapeTests).GetMethod(nameof(A_layer_has_the_shape_tensors_and_products_of_its_type))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false).Select(static data => (string)((InlineDataAttribute)data).Data[1]!);

        Assert.Equal(LayerCatalogue.OfBackbones.Keys.Where(static word => word != "input"), tested.Select(static row => row.Split('"')[1]).Distinct().Order(StringComparer.Ordinal));
    }

    // ReLU may overwrite what nothing else reads and what its layer does not need for gradients.
    [Theory]
    [InlineData("{ name = \"c\", type = \"conv2d\", filters = 3 }, { name = \"r\", type = \"relu\" }", true)]
    [InlineData("{ name = \"c\", type = \"batch_norm\" }, { name = \"r\", type = \"relu6\" }", true)]
    [InlineData("{ name = \"c\", type = \"batch_norm\" }, { name = \"r\", type = \"silu\" }", false)]
    [InlineData("{ name = \"c\", type = \"conv2d\", filters = 3, activation = \"sigmoid\" }, { name = \"r\", type = \"relu\" }", false)]
    [InlineData("{ name = \"c\", type = \"max_pool\" }, { name = \"r\", type = \"relu\" }", false)]
    [InlineData("{ name = \"r\", type = \"relu\" }", false)]
    [InlineData("{ name = \"c\", type = \"batch_norm\" }, { name = \"r\", type = \"relu\" }, { name = \"a\", type = \"add\", from = [\"r\", \"c\"] }", false)]
    public void An_activation_takes_the_place_of_its_input_where_nothing_needs_that(string rows, bool inPlace)
    {
        Layer relu = Backbones.Layers(Backbones.Text($"  {rows},")).Single(static l => l.Name == "r");

        Assert.Equal(inPlace, ((ActivatePrimitive)relu.Main!).InPlace);
    }

    [Fact]
    public void The_smallest_input_leaves_a_pixel_everywhere()
    {
        Assert.Equal(32, BodyBuilder.SmallestInput(BackboneCatalogue.BuiltIn.Find("vgg16")!));
        Assert.Equal(75, BodyBuilder.SmallestInput(BackboneCatalogue.BuiltIn.Find("inception_v3")!));
        Assert.Equal(1, BodyBuilder.SmallestInput(BackboneCatalogue.BuiltIn.Find("resnet18")!));
    }
}
