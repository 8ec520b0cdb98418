using System.CommandLine;
using System.Globalization;
using System.Text;
using ScottPlot;
using ScottPlot.Plottables;

namespace FineTune.Benchmarks;

/// <summary>
/// How time and memory grow: MobileNet 0.75 on the images of Flowers-17 once, 4 and 16 times, on one core and two, with 17 and 1,000
/// classes. Prints a table, and draws it.
/// </summary>
internal sealed class Scaling : Command
{
    private const int Once = 1360;

    private readonly Option<string?> _plot = new("--plot") { Description = "A PNG file for the plot." };
    private readonly Option<string?> _font = new("--font") { Description = "A TTF file for the plot's text, if Skia finds no fonts itself." };
    private readonly Option<string> _memory = new("--memory") { DefaultValueFactory = static _ => "1.5 GB" };

    public Scaling()
        : base("scaling", "Time and memory of a training by images, cores and classes.")
    {
        Add(_plot);
        Add(_font);
        Add(_memory);
        SetAction(parse => Measure(parse.GetValue(_plot), parse.GetValue(_font), parse.GetValue(_memory)!));
    }

    private static void Measure(string? plot, string? font, string memory)
    {
        List<Point> points = [];
        foreach ((int times, int cores, int classes) in ((int, int, int)[])[(1, 2, 17), (4, 2, 17), (16, 2, 17), (1, 1, 17), (4, 1, 17), (16, 1, 17), (4, 2, 1000), (16, 2, 1000)])
        {
            points.Add(Run(times, cores, classes, memory));
            Console.WriteLine(points[^1]);
        }
        Console.WriteLine();
        Console.WriteLine(Table(points));
        if (plot is not null) Draw(points, plot, font);
    }

    private static Point Run(int times, int cores, int classes, string memory)
    {
        using var folder = new FlowerFolder(times * Once, classes);
        string weights = Path.Combine(FlowerFolder.Assets, "weights/mobilenet_7_5_224_tf_no_top.h5");
        string spec = folder.Spec($"architecture = \"mobilenet_v1\"\nwidth = 0.75\nweights = \"{weights}\"", "global_average_pool", """
            [[stage]]
            name = "warm-up"
            freeze = "backbone"
            epochs = 40
            optimizer = "adam"
            learning_rate = 0.001
            """);
        TrainerRun run = TrainerRun.Train(spec, cores, "--memory", memory);
        double begin = run.At("warm-up trains"), decoded = run.At(": decoded"), trained = run.At("warm-up epoch 40/40"), end = run.At("after warm-up");
        return new Point(times, cores, classes, run.Seconds, decoded - begin, trained - decoded, end - trained, run.PeakBytes / 1e9, run.OwnBytes / 1e9);
    }

    private static string Table(List<Point> points)
    {
        var table = new StringBuilder("| images | cores | classes | total | decode and features | 40 epochs | evaluation | images/s | peak memory | in files |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (Point p in points)
        {
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {p.Times * Once:N0} | {p.Cores} | {p.Classes:N0} | {p.Seconds:0} s | {p.Features:0} s | {p.Epochs:0} s | {p.Evaluation:0} s | {p.Times * Once * 0.75 / p.Features:0} | {p.Gigabytes:0.0} GB | {p.Gigabytes - p.OwnGigabytes:0.0} GB |");
        }
        return table.ToString();
    }

    private static void Draw(List<Point> points, string path, string? font)
    {
        if (font is not null)
        {
            Fonts.AddFontFile("plot", font);
            Fonts.AddFontFile("plot", font, bold: true);
            Fonts.Default = "plot";
        }
        var plot = new Multiplot();
        plot.AddPlots(2);
        Plot time = plot.GetPlot(0), memory = plot.GetPlot(1);
        int index = 0;
        foreach (IGrouping<(int Cores, int Classes), Point> line in points.GroupBy(static p => (p.Cores, p.Classes)))
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{line.Key.Cores} core{(line.Key.Cores == 1 ? "" : "s")}, {line.Key.Classes:N0} classes");
            Color color = time.Add.Palette.GetColor(index++);
            double[] images = [.. line.Select(static p => (double)p.Times * Once)];
            Scatter seconds = time.Add.Scatter(images, [.. line.Select(static p => p.Seconds)], color);
            Scatter all = memory.Add.Scatter(images, [.. line.Select(static p => p.Gigabytes)], color);
            Scatter own = memory.Add.Scatter(images, [.. line.Select(static p => p.OwnGigabytes)], color);
            seconds.LegendText = all.LegendText = name;
            own.LegendText = name + ", without mapped files";
            own.LinePattern = LinePattern.Dashed;
        }
        Label(time, "Training, start to end", "seconds");
        Label(memory, "Peak memory", "GB");
        plot.SavePng(path, 800, 800);
    }

    private static void Label(Plot plot, string title, string unit)
    {
        plot.Title(title);
        plot.XLabel("images");
        plot.YLabel(unit);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        plot.ShowLegend(Alignment.UpperLeft);
    }

    private sealed record Point(int Times, int Cores, int Classes, double Seconds, double Features, double Epochs, double Evaluation, double Gigabytes, double OwnGigabytes);
}
