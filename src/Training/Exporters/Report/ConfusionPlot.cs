using FineTune.Training.Evaluators;
using ScottPlot;
using ScottPlot.Plottables;

namespace FineTune.Training.Exporters.Report;

/// <summary>A confusion matrix as a heat map: rows are the true classes, columns the answers.</summary>
internal static class ConfusionPlot
{
    /// <summary>The most classes whose cells are large enough for numbers.</summary>
    public const int MostNamed = 40;

    private const int Cell = 26, LongestName = 22, Side = 640;

    /// <summary>Draws it.</summary>
    public static Markup Draw(ConfusionMatrix confusion) => confusion.Classes.Count <= MostNamed ? DrawNamed(confusion) : DrawImage(confusion);

    private static Markup DrawNamed(ConfusionMatrix confusion)
    {
        int count = confusion.Classes.Count;
        string[] names = [.. confusion.Classes.Select(Shortened)];
        int names1 = 16 + 7 * names.Max(static name => name.Length);
        var plot = new SvgPlot("confusion", names1 + count * Cell + 12, 12 + count * Cell + names1, new PixelPadding(names1, 12, names1, 12));
        plot.Plot.Axes.SetLimits(0, count, 0, count);
        plot.Plot.HideGrid();
        plot.Plot.Axes.Frameless();
        int[][] rows = confusion.Rows();
        for (int truth = 0; truth < count; truth++)
        {
            int support = rows[truth].Sum();
            double bottom = count - 1 - truth;
            plot.AddText(0, bottom + 0.5, names[truth], "end", right: -8, down: 4, hint: confusion.Classes[truth]);
            plot.AddText(truth + 0.5, 0, names[truth], "end", right: 4, down: 12, turn: -60, hint: confusion.Classes[truth]);
            for (int answer = 0; answer < count; answer++)
            {
                int number = rows[truth][answer];
                Rectangle cell = plot.Plot.Add.Rectangle(answer + 0.04, answer + 0.96, bottom + 0.04, bottom + 0.96);
                cell.LineWidth = 0;
                bool isRight = truth == answer;
                cell.FillColor = number == 0
                    ? SvgPlot.Rule.WithAlpha(0.15)
                    : (isRight ? SvgPlot.First : SvgPlot.Wrong).WithAlpha(0.2 + (isRight ? 0.5 : 0.75) * number / support);
                if (number == 0) continue;
                plot.AddText(
                    answer + 0.5, bottom + 0.5, FormattableString.Invariant($"{number}"), "middle", down: 4,
                    hint: FormattableString.Invariant($"{number} of {support}: {confusion.Classes[truth]} as {confusion.Classes[answer]}"));
            }
        }
        return plot.Draw(Label(confusion));
    }

    /// <summary>A pixel for each pair of classes; axes count classes from 0.</summary>
    private static Markup DrawImage(ConfusionMatrix confusion)
    {
        int count = confusion.Classes.Count;
        int[][] rows = confusion.Rows();
        double[,] shares = new double[count, count];
        for (int truth = 0; truth < count; truth++)
        {
            int support = Math.Max(1, rows[truth].Sum());
            for (int answer = 0; answer < count; answer++) shares[truth, answer] = (double)rows[truth][answer] / support;
        }
        var plot = new SvgPlot("confusion", Side, Side, new PixelPadding(56, 12, 44, 12));
        plot.Plot.HideGrid();
        Heatmap map = plot.Plot.Add.Heatmap(shares);
        map.Extent = new CoordinateRect(-0.5, count - 0.5, -(count - 0.5), 0.5);
        map.Colormap = new Share();
        map.ManualRange = new ScottPlot.Range(0, 1);
        IReadOnlyList<double> ticks = SvgPlot.RoundNumbers(0, count - 1, 10, isWhole: true);
        plot.SetAxis(isVertical: true, (-(count - 0.5), 0.5), -0.5, [.. ticks.Select(static tick => -tick)], static value => FormattableString.Invariant($"{-value:0}"));
        plot.SetAxis(isVertical: false, (-0.5, count - 0.5), -(count - 0.5), ticks, static value => FormattableString.Invariant($"{value:0}"));
        return plot.Draw(Label(confusion));
    }

    private static string Label(ConfusionMatrix confusion) =>
        FormattableString.Invariant($"Confusion matrix: {confusion.Correct} of {confusion.Count} answers are on its diagonal");

    private static string Shortened(string name) =>
        name.Length <= LongestName ? name : name[..(char.IsHighSurrogate(name[LongestName - 2]) ? LongestName - 2 : LongestName - 1)] + "…";

    /// <summary>Shares of a row: nothing is transparent, so that it looks right on light and on dark pages.</summary>
    private sealed class Share : IColormap
    {
        private static readonly Color Full = Color.FromHex("#2f7fd1");

        public string Name => "share";

        public Color GetColor(double position) => position <= 0 ? Colors.Transparent : Full.WithAlpha(0.15 + 0.85 * position);
    }
}
