using System.Globalization;
using System.Text;

namespace SamplePlugin;

/// <summary>Draws the share of correct answers over the confidence as SVG. For a calibrated network, the bars end at the diagonal.</summary>
internal static class ReliabilityDiagram
{
    private const int Size = 300, Margin = 40;

    /// <summary>Draws a bar for every bin that has answers.</summary>
    public static string Draw(ReliabilityBins bins)
    {
        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Size + 2 * Margin}" height="{Size + 2 * Margin}" font-family="sans-serif" font-size="12">""");
        double width = (double)Size / bins.Count;
        for (int bin = 0; bin < bins.Count; bin++)
        {
            if (bins.Frequency(bin) is not { } frequency) continue;
            double height = frequency * Size;
            Line($"""<rect x="{Margin + bin * width:0.##}" y="{Margin + Size - height:0.##}" width="{width:0.##}" height="{height:0.##}" fill="steelblue" stroke="white"/>""");
        }
        Line($"""<rect x="{Margin}" y="{Margin}" width="{Size}" height="{Size}" fill="none" stroke="black"/>""");
        Line($"""<line x1="{Margin}" y1="{Margin + Size}" x2="{Margin + Size}" y2="{Margin}" stroke="gray" stroke-dasharray="4"/>""");
        Line($"""<text x="{Margin + Size / 2}" y="{Size + Margin + 25}" text-anchor="middle">confidence</text>""");
        Line($"""<text x="{Margin}" y="{Margin - 12}">share of right answers</text>""");
        Line($"</svg>");
        return svg.ToString();

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
