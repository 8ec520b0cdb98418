using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>One step of a recorded <see cref="ForwardPass"/>.</summary>
internal abstract record ForwardStep
{
    /// <summary>A layer.</summary>
    public sealed record Run(nn.Module<Tensor, Tensor> Layer) : ForwardStep;

    /// <summary>max(x, 0).</summary>
    public sealed record Relu : ForwardStep;

    /// <summary>min(max(x, 0), 6).</summary>
    public sealed record Relu6 : ForwardStep;

    /// <summary>Zeros around rows and columns.</summary>
    public sealed record Pad(int Top, int Bottom, int Left, int Right) : ForwardStep;
}
