using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune.Pipeline;

namespace FineTune.Training.Weights;

/// <summary>Lists the content of a weight file.</summary>
internal static class WeightListing
{
    private const int FirstValues = 4;

    /// <summary>A line per tensor: its name, element type and shape; then their number.</summary>
    public static string Text(IWeightFile file)
    {
        int name = file.Tensors.Select(static t => t.Name.Length).DefaultIfEmpty().Max();
        int type = file.Tensors.Select(static t => t.Type.ToString().ToLowerInvariant().Length).DefaultIfEmpty().Max();
        var text = new StringBuilder();
        long numbers = 0;
        foreach (WeightTensor tensor in file.Tensors)
        {
            numbers += tensor.Shape.Aggregate(1L, static (product, size) => product * size);
            text.Append(Printable(tensor.Name).PadRight(name)).Append("  ").Append(tensor.Type.ToString().ToLowerInvariant().PadRight(type)).Append("  ").Append(Shape(tensor)).Append('\n');
        }
        return text.Append(CultureInfo.InvariantCulture, $"{file.Tensors.Count} tensors, {numbers} numbers").ToString();
    }

    /// <summary>
    /// An array with one object per tensor: <c>name</c>, <c>shape</c>, <c>type</c>, <c>first</c> (up to four values as float32, row-major in PyTorch's
    /// order) and <c>sum</c> (of the float32 values, in double precision). Values that JSON does not have, infinities and NaN, are null.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static byte[] Json(IWeightFile file)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (WeightTensor tensor in file.Tensors) Write(json, tensor, file.Read(tensor.Name));
            json.WriteEndArray();
        }
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, WeightTensor tensor, float[] values)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteString("type", tensor.Type.ToString().ToLowerInvariant());
        json.WriteStartArray("first");
        foreach (float value in values.Take(FirstValues)) Write(json, value);
        json.WriteEndArray();
        double sum = 0;
        foreach (float value in values) sum += value;
        json.WritePropertyName("sum");
        Write(json, sum);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }

    private static string Shape(WeightTensor tensor) => $"[{string.Join(", ", tensor.Shape)}]";

    private static string Printable(string name) => string.Concat(name.Select(static c => char.IsControl(c) ? '?' : c));
}
