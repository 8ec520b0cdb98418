namespace ModelSpec.Layers.Types;

/// <summary><c>input</c>: the image.</summary>
internal sealed class InputType() : LayerType("input")
{
    public override LayerDefinition Read(LayerKeys keys) => new Input();
}

/// <summary>The image. It reads no layer; the network gives it its shape.</summary>
internal sealed record Input : LayerDefinition
{
    public override string Type => "Input";

    internal override int FewestInputs => 0;

    internal override int MostInputs => 0;

    internal override string DescribeForDigest(Lowering lowered) => "";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => new(default, []);
}
