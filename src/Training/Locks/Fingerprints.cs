using ModelSpec.Locks;

namespace FineTune.Training.Locks;

/// <summary>
/// Digests of everything that the weights after a stage depend on. Each includes the one before it, so two trainings with the same
/// fingerprint of a stage have the same weights after it, whatever follows.
/// </summary>
internal static class Fingerprints
{
    private const string Stage = "stage";

    /// <summary>The fingerprint of each stage in order.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyCollection<Fact> facts)
    {
        string digest = Digest.Of(Lines(facts.Where(static f => f.Table != Stage)));
        List<string> fingerprints = [];
        foreach (IGrouping<int, Fact> stage in facts.Where(static f => f.Table == Stage).GroupBy(static f => f.Index).OrderBy(static g => g.Key))
        {
            digest = Digest.Of($"{digest}\n{Lines(stage)}");
            fingerprints.Add(digest);
        }
        return fingerprints;
    }

    private static string Lines(IEnumerable<Fact> facts) =>
        string.Join('\n', facts.Select(static f => $"{f.Name} = {f.Value}").Order(StringComparer.Ordinal));
}
