using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

public class FrozenPrefixTests
{
    private const string Rows = """
          { name = "stem", type = "conv2d", filters = 8 },
          { block = "residual", name = "layer1_{n}", n = "0..1" },
          { name = "layer2_0_pool", type = "max_pool" },
          { block = "residual", name = "layer2_1" },
          { name = "relu", type = "relu" },
        """;

    private const string Residual = """
        [block.residual]
        layers = [
          { name = "conv1", type = "conv2d", filters = 8 },
          { name = "drop",  type = "DROP", probability = 0.1 },
          { name = "conv2", type = "conv2d", filters = 8 },
          { name = "add",   type = "add", from = ["conv2", "$input"] },
        ]
        """;

    // 0 input, 1 stem, 2..5 layer1_0, 6..9 layer1_1, 10 layer2_0_pool, 11..14 layer2_1, 15 relu; 16 the pool of the head, 17 fc1.
    private static BackboneTable Table(string drop = "stochastic_depth") =>
        Backbones.Read(Backbones.Text(Rows, Residual.Replace("DROP", drop, StringComparison.Ordinal)));

    [Theory]
    [InlineData("backbone", 17)]
    [InlineData("none", 1)]
    [InlineData("..stem", 2)]
    [InlineData("..layer1_0_conv2", 6)]
    [InlineData("..layer1_0", 6)]
    [InlineData("..layer1", 11)]
    [InlineData("..layer2_0_pool", 11)]
    [InlineData("..layer2", 17)]
    public void A_frozen_prefix_goes_on_to_the_first_layer_that_learns(string freeze, int length)
    {
        TrainingPlan plan = Backbones.Plan(Table(), freeze);

        Assert.Equal(length, plan.FrozenPrefix(plan.Stages[0]));
    }

    // The sum reads what was before the block, too, so two tensors would cross.
    [Theory]
    [InlineData("..layer1_1_conv1", 6)]
    [InlineData("..layer1_1_drop", 6)]
    [InlineData("..layer2_1_conv1", 11)]
    public void A_frozen_prefix_ends_before_an_open_shortcut(string freeze, int length)
    {
        TrainingPlan plan = Backbones.Plan(Table(), freeze);

        Assert.Equal(length, plan.FrozenPrefix(plan.Stages[0]));
    }

    [Theory]
    [InlineData("dropout")]
    [InlineData("stochastic_depth")]
    public void What_is_random_ends_the_prefix_unless_it_is_frozen(string drop)
    {
        TrainingPlan frozen = Backbones.Plan(Table(drop), "..layer1_1");
        TrainingPlan open = Backbones.Plan(Table(drop), "..layer1_0, layer1_1_conv1, layer1_1_conv2..layer1_1_add");

        Assert.Equal(11, frozen.FrozenPrefix(frozen.Stages[0]));
        Assert.Equal(6, open.FrozenPrefix(open.Stages[0]));
    }

    [Fact]
    public void A_tensor_that_is_read_twice_is_one_tensor()
    {
        TrainingPlan plan = Backbones.Plan(Backbones.Read(Backbones.Text("""
              { name = "a", type = "conv2d", filters = 8 },
              { name = "b", type = "conv2d", filters = 8 },
              { name = "c", type = "conv2d", filters = 8, from = "a" },
              { name = "sum", type = "add", from = ["b", "c", "a"] },
            """)), "a");

        Assert.Equal(2, plan.FrozenPrefix(plan.Stages[0]));
    }

    [Fact]
    public void A_branch_that_learns_keeps_the_other_out_of_the_prefix()
    {
        TrainingPlan plan = Backbones.Plan(Backbones.Read(Backbones.Text("""
              { name = "a", type = "conv2d", filters = 8 },
              { name = "b", type = "conv2d", filters = 8 },
              { name = "c", type = "conv2d", filters = 8, from = "a" },
              { name = "sum", type = "add", from = ["b", "c"] },
            """)), "..b");

        // "c" learns and reads "a", which "b" read before it.
        Assert.Equal(2, plan.FrozenPrefix(plan.Stages[0]));
    }

    [Fact]
    public void A_product_of_a_tensor_with_itself_keeps_nothing_open()
    {
        TrainingPlan plan = Backbones.Plan(Backbones.Read(Backbones.Text("""
              { name = "a", type = "conv2d", filters = 8 },
              { name = "square", type = "multiply", from = ["a", "a"] },
              { name = "b", type = "conv2d", filters = 8 },
            """)), "..square");

        Assert.Equal(3, plan.FrozenPrefix(plan.Stages[0]));
    }

    [Theory]
    [InlineData("layer1", "2..9")]
    [InlineData("..layer1", "0..9")]
    [InlineData("layer2..", "10..17")]
    [InlineData("layer1_1", "6..9")]
    [InlineData("layer1_1..layer2_0", "6..10")]
    [InlineData("stem, layer2_1", "1..1, 11..14")]
    [InlineData("..head.global_average_pool", "0..16")]
    public void Freeze_ranges_take_groups(string freeze, string indices)
    {
        Result<TrainingPlan> result = Backbones.Spec(Table(), freeze);

        // "layer2.." freezes the head as well, but the layers before it learn.
        Assert.Empty(result.Diagnostics);
        Assert.Equal(indices, Ranges(result.Value!.Stages[0].Frozen));
    }

    [Fact]
    public void A_layer_of_the_name_wins_over_a_group()
    {
        TrainingPlan plan = Backbones.Plan(Backbones.Read(Backbones.Text("""
              { name = "layer1", type = "conv2d", filters = 8 },
              { name = "layer1_relu", type = "relu" },
              { name = "layer10_conv", type = "conv2d", filters = 8 },
            """)), "layer1");

        Assert.Equal([1], plan.Stages[0].Frozen);
    }

    [Theory]
    [InlineData("relu", "3..3")]
    [InlineData("head.relu", "5..5")]
    [InlineData("..head.relu", "0..5")]
    public void A_layer_of_the_head_is_found_by_its_whole_name(string freeze, string indices)
    {
        BackboneTable table = Backbones.Read(Backbones.Text("""
              { name = "conv1", type = "conv2d", filters = 8 },
              { name = "conv2", type = "conv2d", filters = 8 },
              { name = "relu", type = "relu" },
            """));

        TrainingPlan plan = Backbones.Plan(table, freeze, "\"global_average_pool\", \"relu\", \"linear(3)\"");

        Assert.Equal(indices, Ranges(plan.Stages[0].Frozen));
    }

    [Theory]
    [InlineData("..layr1", "No layer is called 'layr1', nor does a group of layers have this name. Did you mean 'layer1'?")]
    [InlineData("layer1_0_conv..", "No layer is called 'layer1_0_conv', nor does a group of layers have this name. Did you mean 'layer1_0_conv1'?")]
    [InlineData("entirely_else", "No layer is called 'entirely_else', nor does a group of layers have this name.")]
    [InlineData("..", "'..' is not a freeze range; write for example \"0..14\", \"..block4_pool\", \"backbone\" or \"none\".")]
    [InlineData("0..3,", "'0..3,' is not a freeze range; write for example \"0..14\", \"..block4_pool\", \"backbone\" or \"none\".")]
    [InlineData("layer2..layer1", "The freeze range 'layer2..layer1' ends before it begins.")]
    [InlineData("18", "Layer 18 does not exist: the network's layers are 0..17 (fc1).")]
    public void A_freeze_range_that_means_nothing_says_so(string freeze, string message)
    {
        Diagnostic diagnostic = Assert.Single(Backbones.Spec(Table(), freeze).Diagnostics);

        Assert.Equal(("MSPEC0011", message), (diagnostic.Descriptor.Code, diagnostic.Message));
    }

    [Theory]
    [InlineData("resnet18", "..layer3")]
    [InlineData("resnet50", "..layer4_1")]
    [InlineData("densenet121", "..features_denseblock2")]
    [InlineData("convnext_tiny", "..features_5")]
    [InlineData("inception_v3", "..Mixed_6e")]
    [InlineData("efficientnet_b0", "..features_6")]
    [InlineData("vit_b_16", "..encoder_layer_7")]
    [InlineData("mobilenet_v2", "..features_13")]
    public void The_stages_of_a_built_in_backbone_can_be_frozen_as_groups(string backbone, string freeze)
    {
        string head = backbone.StartsWith("vit", StringComparison.Ordinal) ? "\"linear(3)\"" : "\"global_average_pool\", \"linear(3)\"";
        TrainingPlan plan = Backbones.Plan(BackboneCatalogue.BuiltIn.Find(backbone)!, freeze, head);

        // Nothing is open at the end of a stage: all that is frozen can be computed once, up to the next layer that learns.
        Assert.InRange(plan.FrozenPrefix(plan.Stages[0]), plan.Stages[0].Frozen.Count, plan.Network.BodyLength - 1);
    }

    private static string Ranges(EquatableArray<int> indices)
    {
        List<string> ranges = [];
        for (int i = 0, first = 0; i < indices.Count; i++)
        {
            if (i + 1 < indices.Count && indices[i + 1] == indices[i] + 1) continue;
            ranges.Add($"{indices[first]}..{indices[i]}");
            first = i + 1;
        }
        return string.Join(", ", ranges);
    }
}
