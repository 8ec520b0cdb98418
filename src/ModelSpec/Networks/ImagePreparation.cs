using ModelSpec.Backbones;

namespace ModelSpec.Networks;

/// <summary>
/// How images are resized before the centre of the input's size is cut out, where a weight set says so. An image keeps its proportions. For a
/// square input its shorter side becomes <paramref name="ShorterSide"/>; for any other it covers the input, enlarged to that shorter side.
/// </summary>
/// <param name="ShorterSide">The shorter side before the cut, in pixels; at least the input's.</param>
/// <param name="IsBicubic">Whether images are resized bicubically instead of bilinearly.</param>
public sealed record ImagePreparation(int ShorterSide, bool IsBicubic)
{
    /// <summary>
    /// What a weight set asks for at some input. Its <see cref="WeightSet.Resize"/> holds for the backbone's usual input, and is scaled with the
    /// input's shorter side; the fraction of a pixel is dropped, as torchvision drops it of lengths.
    /// </summary>
    /// <param name="set">The weight set, or null.</param>
    /// <param name="table">The backbone.</param>
    /// <param name="height">The input's height.</param>
    /// <param name="width">The input's width.</param>
    /// <returns>Null if the set asks for nothing: images are resized bilinearly and just cover the input.</returns>
    internal static ImagePreparation? Of(WeightSet? set, BackboneTable table, int height, int width)
    {
        if (set is null or { Resize: null, IsBicubic: false }) return null;
        int shorter = Math.Min(height, width), usual = Math.Min(table.Height, table.Width);
        return new ImagePreparation((int)((long)shorter * (set.Resize ?? usual) / usual), set.IsBicubic);
    }
}
