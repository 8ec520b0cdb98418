using System.Globalization;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace FineTune.Training.Exporters.Report;

/// <summary>
/// A plot of ScottPlot as SVG for a page. ScottPlot draws lines and areas; text is added as elements of SVG, because Skia can only write text in a
/// font that it finds on the machine, and because text of the page has its font and its colours. Colours are variables of the page's style.
/// </summary>
/// <param name="id">The prefix of the identifiers in the SVG, which have to be unique in a page.</param>
/// <param name="width">The width in pixels.</param>
/// <param name="height">The height in pixels.</param>
/// <param name="padding">The pixels around the axes.</param>
internal sealed partial class SvgPlot(string id, int width, int height, PixelPadding padding)
{
    /// <summary>The colour of axes and grids.</summary>
    public static readonly Color Rule = Color.FromHex("#010203");

    /// <summary>The colour of the training, and of right answers.</summary>
    public static readonly Color First = Color.FromHex("#010204");

    /// <summary>The colour of the validation.</summary>
    public static readonly Color Second = Color.FromHex("#010205");

    /// <summary>The colour of wrong answers.</summary>
    public static readonly Color Wrong = Color.FromHex("#010206");

    private static readonly (Color Color, string Variable)[] Variables =
        [(Rule, "var(--rule)"), (First, "var(--first)"), (Second, "var(--second)"), (Wrong, "var(--wrong)")];

    /// <summary>How much a plot may be enlarged on a wide page.</summary>
    private const double Largest = 1.25;

    private readonly List<Func<Markup>> _texts = [];

    /// <summary>The plot, to which lines and areas are added.</summary>
    public Plot Plot { get; } = new();

    /// <summary>Adds text.</summary>
    /// <param name="x">The place on the horizontal axis.</param>
    /// <param name="y">The place on the vertical axis.</param>
    /// <param name="text">The text.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>: which end of the text is at the place.</param>
    /// <param name="right">Pixels to the right of the place.</param>
    /// <param name="down">Pixels below it.</param>
    /// <param name="turn">Degrees by which the text is turned clockwise.</param>
    /// <param name="hint">What is shown where the pointer rests on it; null for nothing.</param>
    public void AddText(double x, double y, string text, string anchor, double right = 0, double down = 0, double turn = 0, string? hint = null) => _texts.Add(() =>
    {
        Pixel place = Plot.GetPixel(new Coordinates(x, y));
        double left = Math.Round(place.X + right, 2), top = Math.Round(place.Y + down, 2);
        Markup turned = turn == 0 ? default : Markup.Of($" transform=\"rotate({turn} {left} {top})\"");
        Markup title = hint is null ? default : Markup.Of($"<title>{hint}</title>");
        return Markup.Of($"<text x=\"{left}\" y=\"{top}\" text-anchor=\"{anchor}\"{turned}>{text}{title}</text>");
    });

    /// <summary>Sets an axis from one number to another with a tick, a line and a text at each of some numbers.</summary>
    /// <param name="isVertical">Whether it is the vertical axis.</param>
    /// <param name="range">Where it begins and ends.</param>
    /// <param name="other">The beginning of the other axis.</param>
    /// <param name="ticks">The numbers.</param>
    /// <param name="text">The text of a number.</param>
    public void SetAxis(bool isVertical, (double Low, double High) range, double other, IReadOnlyList<double> ticks, Func<double, string> text)
    {
        var generator = new NumericManual([.. ticks], [.. ticks.Select(static _ => "")]);
        if (isVertical)
        {
            Plot.Axes.SetLimitsY(range.Low, range.High);
            Plot.Axes.Left.TickGenerator = generator;
            foreach (double tick in ticks) AddText(other, tick, text(tick), "end", right: -8, down: 4);
        }
        else
        {
            Plot.Axes.SetLimitsX(range.Low, range.High);
            Plot.Axes.Bottom.TickGenerator = generator;
            foreach (double tick in ticks) AddText(tick, other, text(tick), "middle", down: 20);
        }
    }

    /// <summary>Draws it.</summary>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    public Markup Draw(string label)
    {
        Plot.FigureBackground.Color = Colors.Transparent;
        Plot.DataBackground.Color = Colors.Transparent;
        Plot.Layout.Fixed(padding);
        Plot.Axes.Color(Rule);
        Plot.Axes.Right.IsVisible = Plot.Axes.Top.IsVisible = false;
        Plot.Grid.MajorLineColor = Rule.WithAlpha(0.4);

        string svg = Plot.GetSvgXml(width, height);
        string inside = svg[(svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1)..svg.LastIndexOf("</svg>", StringComparison.Ordinal)];
        foreach ((Color color, string variable) in Variables) inside = inside.Replace($"\"{Hex(color)}\"", $"\"{variable}\"", StringComparison.Ordinal);
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        // Skia counts through all pictures that a process draws: numbers from 0 make a picture the same each time.
        inside = Identifier().Replace(inside, match =>
        {
            if (!names.TryGetValue(match.Value, out string? name)) names.Add(match.Value, name = string.Create(CultureInfo.InvariantCulture, $"{id}-{names.Count}"));
            return name;
        });
        return Markup.Of(
            $"<svg viewBox=\"0 0 {width} {height}\" style=\"--width:{width}px;max-width:{Largest * width}px\" role=\"img\" aria-label=\"{label}\">{new Markup(Spaces().Replace(inside, "").Trim())}{Markup.Join(_texts, static text => text())}</svg>\n");
    }

    /// <summary>Round numbers within a range.</summary>
    /// <param name="low">The beginning.</param>
    /// <param name="high">The end.</param>
    /// <param name="count">About how many.</param>
    /// <param name="isWhole">Whether only whole numbers will do.</param>
    public static IReadOnlyList<double> RoundNumbers(double low, double high, int count, bool isWhole = false)
    {
        double rough = Math.Max((high - low) / count, isWhole ? 1 : 1e-12);
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch
        {
            <= 1 => 1,
            <= 2 => 2,
            <= 5 => 5,
            _ => 10,
        };
        List<double> numbers = [];
        for (long k = (long)Math.Ceiling(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) numbers.Add(k * step);
        return numbers;
    }

    private static string Hex(Color color) => color.ToHex().ToLowerInvariant();

    [GeneratedRegex(@"\b(cl|img)_[0-9a-f]+\b")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"(?<=>)\s+(?=<)")]
    private static partial Regex Spaces();
}
