namespace ModelSpec.Layers.Types;

/// <summary>The type of a row that is an activation.</summary>
internal abstract class ActivationType(string word, Activation activation, bool isInHeads) : LayerType(word)
{
    private readonly HeadWord? _head = isInHeads ? new HeadWord(word, _ => new Activate(activation)) : null;

    public override HeadWord? Head => _head;

    public override LayerDefinition Read(LayerKeys keys) => new Activate(activation);
}

/// <summary><c>relu</c>: max(x, 0).</summary>
internal sealed class ReluType() : ActivationType("relu", Activation.Relu, isInHeads: true);

/// <summary><c>relu6</c>: min(max(x, 0), 6).</summary>
internal sealed class Relu6Type() : ActivationType("relu6", Activation.Relu6, isInHeads: false);

/// <summary><c>silu</c>: x σ(x), also called swish.</summary>
internal sealed class SiluType() : ActivationType("silu", Activation.Silu, isInHeads: false);

/// <summary><c>hard_swish</c>: x min(max(x + 3, 0), 6) / 6.</summary>
internal sealed class HardSwishType() : ActivationType("hard_swish", Activation.HardSwish, isInHeads: false);

/// <summary><c>hard_sigmoid</c>: min(max(x + 3, 0), 6) / 6.</summary>
internal sealed class HardSigmoidType() : ActivationType("hard_sigmoid", Activation.HardSigmoid, isInHeads: false);

/// <summary><c>sigmoid</c>: 1 / (1 + exp(-x)).</summary>
internal sealed class SigmoidType() : ActivationType("sigmoid", Activation.Sigmoid, isInHeads: false);

/// <summary><c>gelu</c>: x Φ(x).</summary>
internal sealed class GeluType() : ActivationType("gelu", Activation.Gelu, isInHeads: true);

/// <summary><c>tanh</c>: the hyperbolic tangent.</summary>
internal sealed class TanhType() : ActivationType("tanh", Activation.Tanh, isInHeads: true);

/// <summary>An activation as a layer.</summary>
internal sealed record Activate(Activation Activation) : LayerDefinition
{
    public override string Type => Activation switch
    {
        Activation.Relu or Activation.Relu6 => "ReLU",
        Activation.Silu => "SiLU",
        Activation.HardSwish => "HardSwish",
        Activation.HardSigmoid => "HardSigmoid",
        Activation.Sigmoid => "Sigmoid",
        Activation.Gelu => "GELU",
        _ => "Tanh",
    };

    internal override string DigestType => Activation is Activation.Relu or Activation.Relu6 ? "ReLU" : "Activation";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => new(inputs[0], [new ActivatePrimitive(Activation, InPlace: false)]);

    internal override string DescribeForDigest(Lowering lowered) => " " + Activations.DescribeForDigest(Activation);
}
