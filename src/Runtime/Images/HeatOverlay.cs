namespace FineTune.Images;

/// <summary>Draws heat over a photo.</summary>
internal static class HeatOverlay
{
    /// <summary>The longer side of overlays, in pixels.</summary>
    public const int Longest = 1024;

    /// <summary>How much of the photo is left under the heat.</summary>
    private const double PhotoShare = 0.5;

    /// <summary>How bright the parts are that the network does not see.</summary>
    private const double UnseenShare = 0.3;

    /// <summary>Five colours of matplotlib's plasma at equal distances: lighter is hotter, also for those who see no red or green.</summary>
    private static readonly (double R, double G, double B)[] Colours = [(13, 8, 135), (126, 3, 168), (204, 71, 120), (248, 149, 64), (240, 249, 33)];

    /// <summary>Draws.</summary>
    /// <param name="photo">RGB pixels, rows first.</param>
    /// <param name="size">Their size.</param>
    /// <param name="heat">The heat of the photo.</param>
    /// <returns>RGB pixels of the same size.</returns>
    public static byte[] Draw(ReadOnlySpan<byte> photo, ImageSize size, HeatMap heat)
    {
        byte[] drawn = new byte[size.Bytes];
        PhotoRegion seen = heat.Region;
        for (int y = 0, at = 0; y < size.Height; y++)
        {
            double down = (y + 0.5) / size.Height;
            bool isRowSeen = down >= seen.Top && down <= seen.Top + seen.Height;
            for (int x = 0; x < size.Width; x++, at += 3)
            {
                double across = (x + 0.5) / size.Width;
                bool isSeen = isRowSeen && across >= seen.Left && across <= seen.Left + seen.Width;
                if (isSeen)
                {
                    (double r, double g, double b) = ColourOf(heat.Sample(across, down));
                    (drawn[at], drawn[at + 1], drawn[at + 2]) = (Blend(photo[at], r), Blend(photo[at + 1], g), Blend(photo[at + 2], b));
                }
                else
                {
                    for (int channel = 0; channel < 3; channel++) drawn[at + channel] = (byte)Math.Round(UnseenShare * photo[at + channel]);
                }
            }
        }
        return drawn;
    }

    private static byte Blend(byte photo, double colour) => (byte)Math.Round(PhotoShare * photo + (1 - PhotoShare) * colour);

    private static (double R, double G, double B) ColourOf(double heat)
    {
        double place = heat * (Colours.Length - 1);
        int before = Math.Min((int)place, Colours.Length - 2);
        double share = place - before;
        ((double r0, double g0, double b0), (double r1, double g1, double b1)) = (Colours[before], Colours[before + 1]);
        return (r0 + (r1 - r0) * share, g0 + (g1 - g0) * share, b0 + (b1 - b0) * share);
    }
}
