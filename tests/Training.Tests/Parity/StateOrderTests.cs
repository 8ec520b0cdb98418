using FineTune.Parity;

namespace Training.Tests.Parity;

public class StateOrderTests
{
    [Fact]
    public void A_modules_own_tensors_come_before_those_of_its_children() => Assert.Equal(
        ["token", "stem.weight", "stem.bias", "body.0.scale", "body.0.conv.weight", "body.1.scale", "body.1.conv.weight", "head.weight"],
        StateOrder.Arrange(
            ["stem.weight", "stem.bias", "token", "body.0.conv.weight", "body.0.scale", "body.1.conv.weight", "body.1.scale", "head.weight"]));

    [Fact]
    public void A_module_whose_tensors_are_apart_is_one_group() => Assert.Equal(
        ["block.a.weight", "block.b.weight", "head.weight"],
        StateOrder.Arrange(["block.a.weight", "head.weight", "block.b.weight"]));
}
