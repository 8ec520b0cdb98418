using System.Text.Json;

namespace FineTune.Parity;

/// <summary>How far one number, or several that are measured together, is from the reference.</summary>
/// <param name="Name">What was compared: <c>children.layer1.mean</c>.</param>
/// <param name="Error">The difference as a share of the expected number, or of the largest of several; infinite if it cannot be compared.</param>
/// <param name="Tolerance">The largest error that passes.</param>
internal sealed record ComparedNumber(string Name, double Error, double Tolerance)
{
    /// <summary>The name without the part that distinguishes it from others of its kind: <c>children.mean</c>, <c>head_only_losses</c>.</summary>
    public string Kind => Name.Split('.', '[') is [var first, .., var last] ? Name.EndsWith(']') ? first : $"{first}.{last}" : Name;

    /// <summary>Whether the error is within the tolerance.</summary>
    public bool IsClose => Error <= Tolerance;
}

/// <summary>Compares figures that this program writes with PyTorch's.</summary>
internal static class Comparison
{
    private const double FigureTolerance = 1e-5;

    // As a share of the deviation. A mean below it may then differ by a millionth of the deviation, or 8 units of float32's last place.
    private const double SmallestMean = 0.1;

    // Relative to the largest: small logits are differences of large sums, and float32 itself has an error of 3e-4 of them.
    private const double LogitTolerance = 1e-4;
    private const double LossTolerance = 1e-3;

    // What differs between two programs without being a number of the network.
    private static readonly string[] Versions = ["torch", "torchvision"];

    /// <summary>Compares every key of the reference.</summary>
    /// <param name="expected">PyTorch's figures.</param>
    /// <param name="actual">Those of this program, with the same keys in the same order.</param>
    /// <returns>Every number; one whose shape, count or key differs has an infinite error.</returns>
    public static IReadOnlyList<ComparedNumber> Compare(JsonElement expected, JsonElement actual)
    {
        List<ComparedNumber> numbers = [SameKeys("keys", expected, actual)];
        foreach (JsonProperty entry in expected.EnumerateObject())
        {
            if (Versions.Contains(entry.Name) || !actual.TryGetProperty(entry.Name, out JsonElement own)) continue;
            numbers.AddRange(entry.Name switch
            {
                "children" or "pools" => Group(entry.Name, entry.Value, own),
                "pooled" => Pooled(entry.Name, entry.Value, own),
                "logits" or "probabilities" => Rows(entry.Name, entry.Value, own),
                _ when entry.Name.EndsWith("losses", StringComparison.Ordinal) => Losses(entry.Name, entry.Value, own),
                _ => [new ComparedNumber(entry.Name, Certain(entry.Value.ToString() == own.ToString()), 0)],
            });
        }
        return numbers;
    }

    private static IEnumerable<ComparedNumber> Group(string name, JsonElement expected, JsonElement actual) =>
    [
        SameKeys(name, expected, actual),
        .. expected.EnumerateObject().Where(entry => actual.TryGetProperty(entry.Name, out _))
            .SelectMany(entry => Activation($"{name}.{entry.Name}", entry.Value, actual.GetProperty(entry.Name), FigureTolerance)),
    ];

    private static IEnumerable<ComparedNumber> Activation(string name, JsonElement expected, JsonElement actual, double tolerance)
    {
        double[] shape = Numbers(expected.GetProperty("shape")), own = Numbers(actual.GetProperty("shape"));
        double deviation = expected.GetProperty("std").GetDouble();
        return
        [
            new ComparedNumber(name + ".shape", Certain(shape.SequenceEqual(own)), 0),
            .. ((string[])["mean", "std"]).Select(figure =>
            {
                double wanted = expected.GetProperty(figure).GetDouble();
                // A mean far below the deviation is what float32's rounding leaves of a sum that cancels.
                return new ComparedNumber($"{name}.{figure}", Error([wanted], [actual.GetProperty(figure).GetDouble()], SmallestMean * deviation), tolerance);
            }),
        ];
    }

    private static IEnumerable<ComparedNumber> Pooled(string name, JsonElement expected, JsonElement actual) =>
    [
        .. Activation(name, expected, actual, LogitTolerance),
        new ComparedNumber(name + ".first", Error(Numbers(expected.GetProperty("first")), Numbers(actual.GetProperty("first"))), LogitTolerance),
    ];

    private static IEnumerable<ComparedNumber> Rows(string name, JsonElement expected, JsonElement actual) => expected.GetArrayLength() == actual.GetArrayLength()
        ? expected.EnumerateArray().Zip(actual.EnumerateArray()).Select((row, i) =>
            new ComparedNumber($"{name}[{i}]", Error(Numbers(row.First), Numbers(row.Second)), LogitTolerance))
        : [new ComparedNumber(name, double.PositiveInfinity, LogitTolerance)];

    private static IEnumerable<ComparedNumber> Losses(string name, JsonElement expected, JsonElement actual)
    {
        double[] wanted = Numbers(expected), own = Numbers(actual);
        return wanted.Length == own.Length
            ? wanted.Zip(own).Select((pair, step) => new ComparedNumber($"{name}[{step}]", Error([pair.First], [pair.Second]), LossTolerance))
            : [new ComparedNumber(name, double.PositiveInfinity, LossTolerance)];
    }

    /// <summary>The largest difference as a share of the largest expected number, but of no less than <paramref name="least"/>.</summary>
    private static double Error(double[] expected, double[] actual, double least = 1e-30)
    {
        if (expected.Length != actual.Length) return double.PositiveInfinity;
        double difference = expected.Zip(actual).Max(static pair => Math.Abs(pair.First - pair.Second));
        return double.IsFinite(difference) ? difference / Math.Max(expected.Max(Math.Abs), least) : double.PositiveInfinity;
    }

    private static ComparedNumber SameKeys(string name, JsonElement expected, JsonElement actual) =>
        new(name, Certain(Names(expected).SequenceEqual(Names(actual))), 0);

    private static double Certain(bool isEqual) => isEqual ? 0 : double.PositiveInfinity;

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(static entry => entry.Name);

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(static x => x.GetDouble())];
}
