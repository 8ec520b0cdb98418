namespace ModelSpec.Language;

/// <summary>Which folder of a dataset belongs to which class.</summary>
public static class ClassFolders
{
    /// <summary>The form in which a folder's name and its class are equal: case, spaces, <c>-</c> and <c>_</c> do not matter.</summary>
    public static string Normalize(string name) =>
        string.Concat(name.Where(static c => c is not (' ' or '-' or '_'))).ToLowerInvariant();
}
