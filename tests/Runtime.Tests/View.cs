using static TorchSharp.torch;

namespace Runtime.Tests;

/// <summary>A layer that the runtime does not know; its result shares the operand's memory.</summary>
internal sealed class View() : nn.Module<Tensor, Tensor>(nameof(View))
{
    public override Tensor forward(Tensor input) => input.alias();
}
