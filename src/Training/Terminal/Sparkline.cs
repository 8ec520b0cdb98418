namespace FineTune.Training.Terminal;

/// <summary>A curve of block characters in one line of text.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>Draws values, the lowest as the lowest block and the highest as the highest one.</summary>
    /// <param name="values">The values; those that are not finite are left out.</param>
    /// <param name="width">The most characters, at least 1; more values than that are averaged in groups.</param>
    public static string Draw(IReadOnlyList<double> values, int width)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        if (finite.Length == 0) return "";
        int count = Math.Min(width, finite.Length);
        double[] means = [.. Enumerable.Range(0, count).Select(i => finite[(i * finite.Length / count)..((i + 1) * finite.Length / count)].Average())];
        (double low, double high) = (means.Min(), means.Max());
        return string.Concat(means.Select(value => Blocks[high > low ? (int)Math.Round((value - low) / (high - low) * (Blocks.Length - 1)) : 0]));
    }
}
