namespace FineTune.Training;

/// <summary>
/// A small random generator whose numbers depend only on its keys, on every system and in every version: SplitMix64 (Steele, Lea
/// and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
/// </summary>
internal struct SeededRandom
{
    private ulong _state;

    /// <summary>A generator for one purpose: keys such as seed, stage, epoch and image give independent sequences.</summary>
    public SeededRandom(params ReadOnlySpan<long> keys)
    {
        foreach (long key in keys) _state = Mix(_state ^ Mix((ulong)key + 0x9E3779B97F4A7C15));
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A seed for another generator: at least 0.</summary>
    public long NextSeed() => (long)(Next() >> 1);

    /// <summary>A number in [low, high).</summary>
    public double Uniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A whole number in [0, bound), without bias (Lemire, "Fast Random Integer Generation in an Interval", 2019).</summary>
    public int Below(int bound)
    {
        ulong high = Math.BigMul(Next(), (ulong)bound, out ulong low);
        if (low < (ulong)bound)
        {
            ulong threshold = (0 - (ulong)bound) % (ulong)bound;
            while (low < threshold) high = Math.BigMul(Next(), (ulong)bound, out low);
        }
        return (int)high;
    }

    /// <summary>Puts items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
