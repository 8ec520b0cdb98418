using System.Diagnostics;
using System.Globalization;

namespace FineTune;

/// <summary>How a classifier is loaded.</summary>
public sealed record ClassifierLoadOptions
{
    /// <summary>Where the network runs: <c>cpu</c> (the default), <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// Whether loading sends one image through the network and compares the logits with those that the training computed exactly. A
    /// processor whose kernels are wrong is found this way, and the layers concerned run in another way. It costs one pass, which
    /// would otherwise be the first prediction's: kernels are prepared in it.
    /// </summary>
    public bool SelfCheck { get; init; } = true;

    /// <summary>Called with a warning where the check found a wrong kernel and avoided it; by default it is written to <see cref="System.Diagnostics.Trace"/>.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>The index of the CUDA device that <see cref="Device"/> names, or null for the CPU.</summary>
    /// <exception cref="InvalidOperationException">It is not the name of a device.</exception>
    internal int? FindCudaIndex()
    {
        if (Device == "cpu") return null;
        int index = 0;
        bool isCuda = Device == "cuda" || (Device.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(Device.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out index));
        return isCuda ? index : throw new InvalidOperationException($"'{Device}' is not a device; write cpu, cuda or cuda:N.");
    }

    /// <summary>Hands on a warning.</summary>
    internal void Warn(string warning)
    {
        if (OnWarning is null) Trace.TraceWarning(warning);
        else OnWarning(warning);
    }
}
