using ModelSpec.Backbones;

namespace ModelSpec.Networks;

/// <summary>
/// How images are resized before they are cropped to the centre, if a weight set defines it. An image keeps its proportions. For a
/// square input, its shorter side becomes <paramref name="ShorterSide"/>; otherwise, it covers the input after that was enlarged to this shorter side.
/// </summary>
/// <param name="ShorterSide">The shorter side before the crop, in pixels; at least the input's.</param>
/// <param name="IsBicubic">Whether images are resized bicubically instead of bilinearly.</param>
public sealed record ImagePreparation(int ShorterSide, bool IsBicubic)
{
    /// <summary>
    /// The preparation that a weight set defines for an input. Its <see cref="WeightSet.Resize"/> applies to the backbone's usual input, and is scaled
    /// in proportion to the input's shorter side and rounded down, as torchvision rounds lengths.
    /// </summary>
    /// <param name="set">The weight set, or null.</param>
    /// <param name="table">The backbone.</param>
    /// <param name="height">The input's height.</param>
    /// <param name="width">The input's width.</param>
    /// <returns>Null if the set defines none: images are resized bilinearly so that they just cover the input.</returns>
    internal static ImagePreparation? Of(WeightSet? set, BackboneTable table, int height, int width)
    {
        if (set is null or { Resize: null, IsBicubic: false }) return null;
        int shorter = Math.Min(height, width), usual = Math.Min(table.Height, table.Width);
        return new ImagePreparation((int)((long)shorter * (set.Resize ?? usual) / usual), set.IsBicubic);
    }
}
