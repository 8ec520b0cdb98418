using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>A layer that runs another one in a certain way, such as in mixed precision, and does nothing else.</summary>
internal interface ILayerDecorator
{
    /// <summary>The layer that is run.</summary>
    nn.Module<Tensor, Tensor> Layer { get; }
}
