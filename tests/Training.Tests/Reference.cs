using System.Text.Json;
using FineTune.Training;

namespace Training.Tests;

/// <summary>The committed reference numbers and specs.</summary>
internal static class Reference
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", name))).RootElement;

    public static SpecSource Spec(string name) => SpecSource.Read(Path.Combine(AppContext.BaseDirectory, "Specs", name), []).Source!;

    /// <summary>Asserts a relative difference below a tolerance.</summary>
    public static void Close(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected - Math.Abs(expected) * tolerance, expected + Math.Abs(expected) * tolerance);
}
