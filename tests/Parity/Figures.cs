using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>What is compared of an activation, computed in float64.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Mean">The mean of its numbers.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="First">The first four, row-major.</param>
internal sealed record Figures(IReadOnlyList<long> Shape, double Mean, double Deviation, IReadOnlyList<double> First)
{
    /// <summary>Computes the figures of an activation.</summary>
    /// <param name="activation">The activation, of any shape.</param>
    /// <param name="ofSample">Whether the deviation divides by the count less one, PyTorch's default, rather than by the count.</param>
    public static Figures Of(Tensor activation, bool ofSample)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = activation.to_type(ScalarType.Float64);
        return new Figures(
            activation.shape, wide.mean().item<double>(), wide.std(ofSample).item<double>(),
            [.. activation.flatten().narrow(0, 0, 4).cpu().data<float>().ToArray().Select(static x => (double)x)]);
    }

    /// <summary>Writes them as an object.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteStartArray("shape");
        foreach (long size in Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteNumber("mean", Mean);
        json.WriteNumber("std", Deviation);
        WriteNumbers(json, "first", First);
        json.WriteEndObject();
    }

    /// <summary>Writes a matrix <c>[N, K]</c> as an array of rows.</summary>
    public static void WriteRows(Utf8JsonWriter json, string name, Tensor rows)
    {
        json.WriteStartArray(name);
        using Tensor here = rows.cpu();
        for (int i = 0; i < here.shape[0]; i++)
        {
            json.WriteStartArray();
            foreach (float value in here[i].data<float>().ToArray()) json.WriteNumberValue((double)value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
