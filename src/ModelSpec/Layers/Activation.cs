namespace ModelSpec.Layers;

/// <summary>A pointwise non-linearity.</summary>
public enum Activation
{
    /// <summary>None.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x Φ(x).</summary>
    Gelu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,
}
