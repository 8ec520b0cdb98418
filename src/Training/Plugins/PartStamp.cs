using FineTune.Pipeline;
using ModelSpec.Language;
using ModelSpec.Locks;

namespace FineTune.Training.Plugins;

/// <summary>
/// The stamp of a part that only uses the results of a training: a digest of everything that its result depends on, including its assembly. If the
/// stamp has not changed, the part does not need to run.
/// </summary>
internal static class PartStamp
{
    /// <summary>The stamp of a use of a part.</summary>
    /// <param name="use">The word and the values of its keys.</param>
    /// <param name="part">The part.</param>
    /// <param name="inputs">Everything else that its result depends on.</param>
    public static string Of<T>(PartUse use, RegisteredPart<T> part, params ReadOnlySpan<string> inputs)
        where T : IPipelinePart
    {
        IEnumerable<string> facts = PlanFacts.Of(use, part.Title, 0).Select(static fact => $"{fact.Name} = {fact.Value}");
        return Digest.Of(string.Join('\n', [.. facts, $"revision = {part.Part.Revision}", $"assembly = {part.Plugin.Digest ?? "built in"}", .. inputs]));
    }
}
