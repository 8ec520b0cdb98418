using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace FineTune.Training;

/// <summary>A plan as a table, for <c>InspectModel</c> and <c>finetune inspect</c>.</summary>
internal static class LayerTable
{
    /// <summary>One line above the table: the class, its backbone and, if images do not just cover the input, how they are resized.</summary>
    public static string Title(Network network)
    {
        string title = $"{network.ClassName}: {network.Backbone}";
        return network.Preparation is not { } preparation ? title : string.Create(CultureInfo.InvariantCulture,
            $"{title}, images resized to {preparation.ShorterSide} ({Interpolation(preparation)}), cropped to the central {network.InputHeight} × {network.InputWidth}");
    }

    /// <summary>The table as text: a row per layer, then totals, and what each stage trains and freezes.</summary>
    public static string Format(TrainingPlan plan)
    {
        Network network = plan.Network;
        List<string[]> rows = [["", "name", "type", "output", "parameters", .. plan.Stages.Select(static s => s.Name)]];
        foreach (Layer layer in network.Layers)
        {
            rows.Add(
            [
                layer.Index.ToString(CultureInfo.InvariantCulture), layer.DisplayName, layer.Type, layer.Output.ToString(), Number(layer.Parameters),
                .. plan.Stages.Select(stage => layer.LearntParameters == 0 ? "" : stage.Freezes(layer) ? "frozen" : "trains"),
            ]);
        }
        long all = network.Layers.Sum(static l => l.Parameters);
        rows.Add(["", "total", "", "", Number(all), .. plan.Stages.Select(static _ => "")]);
        rows.Add(["", "trainable", "", "", "", .. plan.Stages.Select(stage => Number(plan.TrainableParameters(stage)))]);
        rows.Add(["", "frozen", "", "", "", .. plan.Stages.Select(stage => Number(all - plan.TrainableParameters(stage)))]);

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

    /// <summary>The table as JSON.</summary>
    public static string Json(TrainingPlan plan)
    {
        Network network = plan.Network;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model", network.ClassName);
            json.WriteString("backbone", network.Backbone);
            if (network.Preparation is { } preparation)
            {
                json.WriteNumber("resize", preparation.ShorterSide);
                json.WriteString("interpolation", Interpolation(preparation));
            }
            json.WriteNumber("parameters", network.Layers.Sum(static l => l.Parameters));
            json.WriteNumber("backbone_parameters", network.Body.Sum(static l => l.Parameters));
            json.WriteStartArray("layers");
            foreach (Layer layer in network.Layers) Write(json, plan, layer);
            json.WriteEndArray();
            json.WriteStartArray("stages");
            foreach (Stage stage in plan.Stages)
            {
                json.WriteStartObject();
                json.WriteString("name", stage.Name);
                json.WriteNumber("trainable", plan.TrainableParameters(stage));
                json.WriteNumber("frozen", network.Layers.Sum(static l => l.Parameters) - plan.TrainableParameters(stage));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, TrainingPlan plan, Layer layer)
    {
        json.WriteStartObject();
        json.WriteNumber("index", layer.Index);
        json.WriteString("name", layer.DisplayName);
        json.WriteString("type", layer.Type);
        json.WriteStartArray("output");
        foreach (int size in layer.Output.Sizes) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteNumber("parameters", layer.Parameters);
        json.WriteStartObject("trains");
        foreach (Stage stage in plan.Stages) json.WriteBoolean(stage.Name, stage.Trains(layer));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Interpolation(ImagePreparation preparation) => preparation.IsBicubic ? "bicubic" : "bilinear";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
