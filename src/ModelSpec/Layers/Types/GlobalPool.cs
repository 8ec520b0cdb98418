namespace ModelSpec.Layers.Types;

/// <summary><c>global_average_pool</c>: the average of each channel.</summary>
internal sealed class GlobalAveragePoolType() : LayerType("global_average_pool")
{
    public override HeadWord Head { get; } = new("global_average_pool", static _ => new GlobalPool(true, false)) { Reads = ShapeKind.Image };

    public override LayerDefinition Read(LayerKeys keys) => new GlobalPool(true, keys.Flag("keep", false));
}

/// <summary><c>global_max_pool</c>: the maximum of each channel.</summary>
internal sealed class GlobalMaxPoolType() : LayerType("global_max_pool")
{
    public override HeadWord Head { get; } = new("global_max_pool", static _ => new GlobalPool(false, false)) { Reads = ShapeKind.Image };

    public override LayerDefinition Read(LayerKeys keys) => new GlobalPool(false, keys.Flag("keep", false));
}

/// <summary>The maximum or the average of each channel: <c>[N, C, H, W]</c> to <c>[N, C]</c>, or to <c>[N, C, 1, 1]</c>.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Keeps">Whether the output keeps one row and one column.</param>
internal sealed record GlobalPool(bool IsAverage, bool Keeps) : LayerDefinition
{
    public override string Type => IsAverage ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Image
        ? Lowering.Fail($"a pool needs rows and columns, not {inputs[0]}")
        : new(Keeps ? new Shape(inputs[0].Channels, 1, 1) : Shape.Vector(inputs[0].Channels), [new GlobalPoolPrimitive(IsAverage, Keeps)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
