namespace FineTune.Inference;

/// <summary>The heat that a network gives for one input.</summary>
/// <param name="Method">How it was computed.</param>
/// <param name="Height">The rows of the grid.</param>
/// <param name="Width">The columns of the grid.</param>
/// <param name="Values">The values in [0, 1], rows first.</param>
internal sealed record NetworkHeat(ExplanationMethod Method, int Height, int Width, float[] Values)
{
    /// <summary>The heat in its place on a photo.</summary>
    /// <param name="region">The part of the photo that was the input.</param>
    public HeatMap On(PhotoRegion region) => new(Width, Height, Values, region);
}
