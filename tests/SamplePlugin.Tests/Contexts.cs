using FineTune.Pipeline;

namespace SamplePlugin.Tests;

/// <summary>The inputs that the trainer passes to parts.</summary>
internal static class Contexts
{
    /// <summary>The values of a part: its defaults, and what a spec says otherwise.</summary>
    public static PartValues ValuesOf(IPipelinePart part, params (string Key, object Value)[] given)
    {
        Dictionary<string, object> values = part.Parameters.ToDictionary(static parameter => parameter.Key, static parameter => parameter.Default!);
        foreach ((string key, object value) in given)
        {
            Assert.Equal(values[key].GetType(), value.GetType());
            values[key] = value;
        }
        return new PartValues(values);
    }

    /// <summary>A report that is ignored.</summary>
    public sealed class Silence : IPartReport
    {
        public void Line(string text)
        {
        }

        public void Warn(string message, string? key = null) => Assert.Fail(message);
    }

    /// <summary>The random numbers of one version of an image: others for every seed.</summary>
    public sealed class Numbers(int seed) : IRandomNumbers
    {
        private readonly Random _random = new(seed);

        public double NextDouble() => _random.NextDouble();

        public int NextWhole(int count) => _random.Next(count);
    }
}
