using FineTune.Training;
using ModelSpec.Diagnostics;
using ModelSpec.Networks;

namespace FineTune.Benchmarks;

/// <summary>The specs of <c>Models</c>.</summary>
internal static class Specs
{
    /// <summary>The path of one of them.</summary>
    public static string PathOf(string model) => Path.Combine(AppContext.BaseDirectory, "Models", model + ".modelspec");

    /// <summary>The network of one of them.</summary>
    public static Network Network(string model)
    {
        (SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(PathOf(model), []);
        return source?.Network ?? throw new InvalidOperationException(string.Join('\n', diagnostics));
    }
}
