using System.Globalization;
using System.Text;
using ModelSpec.Networks;

namespace FineTune.Training;

/// <summary>Prints a network as a table: what <c>InspectModel</c> and <c>finetune inspect</c> show.</summary>
internal static class LayerTable
{
    public static string Format(Network network)
    {
        List<string[]> rows = [["", "name", "type", "output", "parameters", .. network.Stages.Select(static s => s.Name)]];
        foreach (Layer layer in network.Layers)
        {
            rows.Add(
            [
                layer.Index.ToString(CultureInfo.InvariantCulture), layer.InHead ? "head." + layer.Name : layer.Name, layer.Type,
                layer.Output.ToString(), Number(layer.Parameters),
                .. network.Stages.Select(stage => layer.LearntParameters == 0 ? "" : stage.Freezes(layer) ? "frozen" : "trains"),
            ]);
        }
        rows.Add(["", "total", "", "", Number(network.Layers.Sum(static l => l.Parameters)), .. network.Stages.Select(stage => Number(Learnt(network, stage)))]);

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                bool number = column is 0 or 4;
                text.Append(number ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column])).Append("  ");
            }
            while (text[^1] == ' ') text.Length--;
            text.Append('\n');
        }
        return text.ToString();
    }

    private static long Learnt(Network network, Stage stage) =>
        network.Layers.Where(layer => !stage.Freezes(layer)).Sum(static layer => layer.LearntParameters);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
