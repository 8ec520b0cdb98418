using System.Globalization;

namespace ModelSpec.Layers.Types;

/// <summary><c>concat</c>: the channels of the layers that <c>from</c> names, joined in order.</summary>
internal sealed class ConcatType() : LayerType("concat")
{
    public override LayerDefinition Read(LayerKeys keys) => new Concat();
}

/// <summary>The channels of two or more images with the same size.</summary>
internal sealed record Concat : LayerDefinition
{
    public override string Type => "Concatenate";

    internal override int FewestInputs => 2;

    internal override int MostInputs => int.MaxValue;

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        if (inputs.Any(shape => shape.Kind != ShapeKind.Image || shape.Height != inputs[0].Height || shape.Width != inputs[0].Width))
        {
            return Lowering.Fail($"channels can be joined of images of equal rows and columns only, not of {string.Join(" and ", inputs)}");
        }
        long channels = inputs.Sum(static shape => (long)shape.Channels);
        return channels > Shape.MostElements
            ? Lowering.Fail(string.Format(CultureInfo.InvariantCulture, "{0} channels are too many", channels))
            : new(inputs[0] with { Channels = (int)channels }, [new ConcatenatePrimitive()]);
    }

    internal override string DescribeForDigest(Lowering lowered) => "";
}
