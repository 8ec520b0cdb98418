namespace FineTune.Inference;

/// <summary>Simulates a processor on which a kernel is wrong: tests set it to see that such a kernel is found and avoided.</summary>
internal static class KernelFault
{
    private static readonly AsyncLocal<Func<bool, float[], float[]>?> Fault = new();

    /// <summary>
    /// What happens to the output of a network in this and all called contexts: given whether the network ran layer by layer, and the output.
    /// Null, always outside of tests, for nothing.
    /// </summary>
    public static Func<bool, float[], float[]>? Current
    {
        get => Fault.Value;
        set => Fault.Value = value;
    }
}
