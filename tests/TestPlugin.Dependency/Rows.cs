namespace TestPlugin.Dependency;

/// <summary>Rows of text with commas between their cells.</summary>
public static class Rows
{
    /// <summary>The cells of each line that is not empty.</summary>
    public static IEnumerable<string[]> Read(string path) =>
        File.ReadLines(path).Where(static line => line.Length > 0).Select(static line => line.Split(','));
}
