namespace FineTune.Training.WeightFormats;

/// <summary>
/// The prefix that PyTorch's <c>DataParallel</c> and <c>DistributedDataParallel</c> put before every name of the model that they wrap.
/// </summary>
internal static class ParallelPrefix
{
    private const string Module = "module.";

    /// <summary>The prefix if every name has it, otherwise nothing: a network may have a layer of that name.</summary>
    public static string Find(IReadOnlyCollection<string> names) =>
        names.Count > 0 && names.All(static name => name.StartsWith(Module, StringComparison.Ordinal)) ? Module : "";
}
