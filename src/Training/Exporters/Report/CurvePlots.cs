using System.Globalization;
using FineTune.Pipeline;
using ScottPlot;
using ScottPlot.Plottables;

namespace FineTune.Training.Exporters.Report;

/// <summary>The curves of a stage.</summary>
internal static class CurvePlots
{
    private const int Width = 460, Height = 240;

    /// <summary>The most epochs that are marked one by one.</summary>
    private const int MostMarkers = 40;

    /// <summary>The loss by epoch.</summary>
    /// <param name="id">The prefix of identifiers.</param>
    /// <param name="stage">The stage, with its history.</param>
    public static Markup Loss(string id, TrainedStage stage) => Draw(
        id, stage, static epoch => epoch.Loss, static epoch => epoch.ValidationLoss, $"Loss by epoch of {stage.Name}", 0, null,
        static value => value.ToString("0.####", CultureInfo.InvariantCulture));

    /// <summary>The accuracy by epoch.</summary>
    /// <param name="id">The prefix of identifiers.</param>
    /// <param name="stage">The stage, with its history.</param>
    public static Markup Accuracy(string id, TrainedStage stage) => Draw(
        id, stage, static epoch => epoch.Accuracy, static epoch => epoch.ValidationAccuracy, $"Accuracy by epoch of {stage.Name}", null, 1,
        static value => string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.##}%"));

    private static Markup Draw(
        string id, TrainedStage stage, Func<TrainedEpoch, double> training, Func<TrainedEpoch, double?> validation, string label, double? least, double? most,
        Func<double, string> text)
    {
        var plot = new SvgPlot(id, Width, Height, new PixelPadding(56, 12, 44, 12));
        double[] epochs = [.. stage.History.Select(static epoch => (double)epoch.Epoch)];
        double[] values = [.. stage.History.Select(training)];
        (double Epoch, double Value)[] validated =
            [.. stage.History.Where(epoch => validation(epoch) is { } value && double.IsFinite(value)).Select(epoch => ((double)epoch.Epoch, validation(epoch)!.Value))];
        (double Low, double High) range = Range([.. values, .. validated.Select(static point => point.Value)], least, most);
        // With room for the first and the last mark.
        double room = epochs.Length == 1 ? 1 : 0.015 * (epochs[^1] - epochs[0]);
        (double Low, double High) across = (epochs[0] - room, epochs[^1] + room);
        plot.SetAxis(isVertical: true, range, across.Low, SvgPlot.RoundNumbers(range.Low, range.High, 5), text);
        plot.SetAxis(isVertical: false, across, range.Low, SvgPlot.RoundNumbers(Math.Max(1, across.Low), across.High, 8, isWhole: true), static value => value.ToString("0", CultureInfo.InvariantCulture));
        plot.AddText((across.Low + across.High) / 2, range.Low, "epoch", "middle", down: 38);
        Add(plot, epochs, values, SvgPlot.First);
        if (validated.Length > 0) Add(plot, [.. validated.Select(static point => point.Epoch)], [.. validated.Select(static point => point.Value)], SvgPlot.Second);
        return plot.Draw(label);
    }

    private static void Add(SvgPlot plot, double[] epochs, double[] values, Color color)
    {
        Scatter line = plot.Plot.Add.Scatter(epochs, values, color);
        line.LineWidth = 2;
        line.MarkerSize = epochs.Length <= MostMarkers ? 5 : 0;
    }

    /// <summary>What an axis shows: all values with some room, from and to a bound where there is one.</summary>
    private static (double Low, double High) Range(double[] values, double? least, double? most)
    {
        double low = values.Min(), high = values.Max(), room = Math.Max(0.05 * (high - low), 0.01);
        return (least ?? Math.Max(0, low - room), most ?? high + room);
    }
}
