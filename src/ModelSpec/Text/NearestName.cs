namespace ModelSpec.Text;

/// <summary>Finds the known name that a mistyped name probably means.</summary>
public static class NearestName
{
    /// <summary>
    /// The nearest of <paramref name="known"/> by edit distance (insertion, deletion, substitution and transposition of neighbours
    /// each cost 1), or null if more than a third of the longer name would have to change.
    /// </summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        (string? nearest, int least) = (null, int.MaxValue);
        // Among names at the same distance, prefer the one with the same letters in another order: vgg61 means vgg16, not vgg11.
        string letters = Sorted(name);
        foreach (string candidate in known.OrderBy(k => Sorted(k) != letters).ThenBy(static k => k, StringComparer.Ordinal))
        {
            int distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < least && distance <= Math.Max(1, Math.Max(name.Length, candidate.Length) / 3))
            {
                (nearest, least) = (candidate, distance);
            }
        }
        return nearest;
    }

    /// <summary>The sentence " Did you mean 'x'?", or nothing.</summary>
    internal static string Suggest(string name, IEnumerable<string> known) =>
        Find(name, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static string Sorted(string name) => string.Concat(name.ToLowerInvariant().OrderBy(static letter => letter));

    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                int best = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = Math.Min(best, cost[i - 2, j - 2] + 1);
                cost[i, j] = best;
            }
        }
        return cost[a.Length, b.Length];
    }
}
