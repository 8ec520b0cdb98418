using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>A function of each number by itself.</summary>
internal enum ActivationFunction
{
    /// <summary>x.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x / (1 + exp(-x)).</summary>
    Silu,

    /// <summary>x · min(max(x + 3, 0), 6) / 6.</summary>
    HardSwish,

    /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
    HardSigmoid,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>x times the normal distribution's integral up to x, not its approximation by tanh.</summary>
    Gelu,

    /// <summary>tanh(x).</summary>
    Tanh,
}

/// <summary>What activation functions compute, and which modules are one.</summary>
internal static class ActivationFunctions
{
    /// <summary>Computes a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="x">Its argument.</param>
    /// <param name="overwrites">Whether the result may take the argument's memory.</param>
    public static Tensor Apply(this ActivationFunction function, Tensor x, bool overwrites) => function switch
    {
        ActivationFunction.None => x,
        ActivationFunction.Relu => overwrites ? x.relu_() : x.relu(),
        ActivationFunction.Relu6 => overwrites ? x.relu6_() : x.relu6(),
        ActivationFunction.Silu => overwrites ? x.silu_() : x.silu(),
        ActivationFunction.HardSwish => overwrites ? x.hardswish_() : x.hardswish(),
        ActivationFunction.HardSigmoid => overwrites ? x.hardsigmoid_() : x.hardsigmoid(),
        ActivationFunction.Sigmoid => overwrites ? x.sigmoid_() : x.sigmoid(),
        ActivationFunction.Gelu => overwrites ? x.gelu_() : x.gelu(),
        ActivationFunction.Tanh => overwrites ? x.tanh_() : x.tanh(),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, null),
    };

    /// <summary>The function that a module computes and nothing else; None for any other module.</summary>
    public static ActivationFunction Of(nn.Module module) => module switch
    {
        ReLU => ActivationFunction.Relu,
        ReLU6 => ActivationFunction.Relu6,
        SiLU => ActivationFunction.Silu,
        Hardswish => ActivationFunction.HardSwish,
        Hardsigmoid => ActivationFunction.HardSigmoid,
        Sigmoid => ActivationFunction.Sigmoid,
        GELU { approximate: GELU.Approximate.none } => ActivationFunction.Gelu,
        Tanh => ActivationFunction.Tanh,
        _ => ActivationFunction.None,
    };
}
