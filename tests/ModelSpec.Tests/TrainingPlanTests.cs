using ModelSpec.Language;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

public class TrainingPlanTests
{
    [Theory]
    [InlineData("", "1: 15 16 17 20 23")]
    [InlineData("backbone_learning_rate = 0.0001", "1: 20 23; 0.1: 15 16 17")]
    [InlineData("layer_decay = 0.5\nfreeze = \"0..10\"", "1: 20 23; 0.5: 15 16 17; 0.25: 11 12 13")]
    [InlineData("layer_decay = 0.5\nbackbone_learning_rate = 0.0001\nfreeze = \"0..10\"", "1: 20 23; 0.1: 15 16 17; 0.05: 11 12 13")]
    public void Groups_of_the_backbone_learn_at_rates_of_their_own(string words, string expected)
    {
        string freeze = words.Contains("freeze", StringComparison.Ordinal) ? "" : "freeze = \"0..14\"\n";
        string stages = Specs.Flowers[..Specs.Flowers.IndexOf("[[stage]]", StringComparison.Ordinal)];
        TrainingPlan plan = Specs.Plan($"{stages}[[stage]]\nname = \"s\"\nepochs = 1\noptimizer = \"sgd\"\nlearning_rate = 0.001\n{freeze}{words}\n");

        string rates = string.Join("; ", plan.LearningRates(plan.Stages[0]).Select(
            static rate => FormattableString.Invariant($"{Math.Round(rate.Factor, 12)}: {string.Join(' ', rate.Layers.Select(static l => l.Index))}")));

        Assert.Equal(expected, rates);
    }

    [Theory]
    [InlineData("0..14", 15)]
    [InlineData("..block4_pool", 15)]
    [InlineData("..14", 15)]
    [InlineData("backbone", 19)]
    [InlineData("none", 0)]
    [InlineData("0..3, 7..9", 7)]
    [InlineData("block1_conv1", 1)]
    [InlineData("15..18", 4)]
    [InlineData("0..14, fc1", 16)]
    public void Freeze_ranges_take_indices_names_and_open_ends(string freeze, int count)
    {
        TrainingPlan plan = Specs.Plan(Specs.With("\"0..14\"", $"\"{freeze}\""));

        Assert.Equal(count, plan.Stages[1].Frozen.Count);
    }

    [Theory]
    [InlineData("batch_norms", 27)]
    [InlineData("conv_pw_13_bn, batch_norms", 27)]
    [InlineData("..conv_pw_13, batch_norms", 85)]
    [InlineData("..conv_dw_13, batch_norms", 83)]
    public void The_batch_normalisations_of_the_backbone_can_be_frozen_alone(string freeze, int count)
    {
        string spec = Specs.With("\"vgg16\"", "\"mobilenet_v1\"").Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal)
            .Replace("\"0..14\"", $"\"{freeze}\"", StringComparison.Ordinal).Replace("\"flatten\"", "\"global_average_pool\", \"batch_norm\"", StringComparison.Ordinal);

        TrainingPlan plan = Specs.Plan(spec);

        Assert.Equal(count, plan.Stages[1].Frozen.Count);
        Assert.True(plan.Stages[1].Frozen.All(i => i < plan.Network.BodyLength));
    }

    [Theory]
    [InlineData("0..14", 15)]
    [InlineData("backbone", 20)]
    [InlineData("none", 1)]
    [InlineData("5..18", 1)]
    public void The_frozen_prefix_ends_where_something_learns_first(string freeze, int length)
    {
        TrainingPlan plan = Specs.Plan(Specs.With("\"0..14\"", $"\"{freeze}\""));

        Assert.Equal(length, plan.FrozenPrefix(plan.Stages[1]));
    }

    [Fact]
    public void Comments_and_the_order_of_keys_change_nothing()
    {
        TrainingPlan plan = Specs.Plan(Specs.Flowers);
        TrainingPlan commented = Specs.Plan("# A comment\n" + Specs.With("epochs = 25\nbatch_size = 32", "batch_size = 32 # images\nepochs = 25"));
        TrainingPlan changed = Specs.Plan(Specs.With("epochs = 25", "epochs = 26"));

        Assert.Equal(plan, commented);
        Assert.Equal(plan.GetHashCode(), commented.GetHashCode());
        Assert.NotEqual(plan, changed);
        Assert.Equal(plan.Network, changed.Network);
    }

    [Fact]
    public void Optimizers_have_the_defaults_of_PyTorch()
    {
        TrainingPlan plan = Specs.Plan(Specs.With("\"rmsprop\"", "\"adamw\""));

        Assert.Equal(new Optimizer(OptimizerKind.AdamW, 0.001) { WeightDecay = 0.01 }, plan.Stages[0].Optimizer);
        Assert.Equal(new Optimizer(OptimizerKind.Sgd, 0.001), plan.Stages[1].Optimizer);
    }
}
