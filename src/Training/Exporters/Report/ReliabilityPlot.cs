using System.Globalization;
using FineTune.Training.Calibration;
using ScottPlot;
using ScottPlot.Plottables;

namespace FineTune.Training.Exporters.Report;

/// <summary>A reliability diagram: the share of right answers by confidence. That of a calibrated network is on the diagonal.</summary>
internal static class ReliabilityPlot
{
    private const int Width = 460, Height = 300;

    /// <summary>Draws the diagram.</summary>
    /// <param name="id">The prefix of identifiers.</param>
    /// <param name="after">The answers as the network gives them.</param>
    /// <param name="before">The answers before calibration; null if it is not calibrated.</param>
    public static Markup Draw(string id, Reliability after, Reliability? before)
    {
        var plot = new SvgPlot(id, Width, Height, new PixelPadding(56, 12, 44, 12));
        double[] ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
        plot.SetAxis(isVertical: true, (0, 1), 0, ticks, Percent);
        plot.SetAxis(isVertical: false, (0, 1), 0, ticks, Percent);
        plot.AddText(0.5, 0, "confidence", "middle", down: 38);
        double[] ends = [0, 1];
        Scatter diagonal = plot.Plot.Add.Scatter(ends, ends, SvgPlot.Rule);
        diagonal.MarkerSize = 0;
        if (before is not null) Add(plot, before, SvgPlot.Second);
        Add(plot, after, SvgPlot.First);
        return plot.Draw("Share of right answers by confidence");

        static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0}%");
    }

    private static void Add(SvgPlot plot, Reliability reliability, Color color)
    {
        ReliabilityBin[] bins = [.. reliability.Bins.Where(static bin => bin.Count > 0)];
        double[] confidences = [.. bins.Select(static bin => bin.Confidence)], accuracies = [.. bins.Select(static bin => bin.Accuracy)];
        Scatter line = plot.Plot.Add.Scatter(confidences, accuracies, color);
        line.LineWidth = 2;
        line.MarkerSize = 5;
    }
}
