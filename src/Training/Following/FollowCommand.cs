using FineTune.Training.Assets;

namespace FineTune.Training.Following;

/// <summary>The command that follows the trainings of this process, for messages.</summary>
internal static class FollowCommand
{
    /// <summary>The command for this program, however it was started.</summary>
    /// <param name="cache">The cache folder of the training.</param>
    public static string Of(string cache) => Of(
        Environment.ProcessPath, Path.Combine(AppContext.BaseDirectory, "finetune.dll"), cache, AssetFolders.DefaultCache,
        OperatingSystem.IsWindows() ? null : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The command.</summary>
    /// <param name="process">The program that runs: the tool's own, or <c>dotnet</c>.</param>
    /// <param name="assembly">The trainer's assembly, which <c>dotnet</c> runs where the tool is not installed.</param>
    /// <param name="cache">The cache folder of the training.</param>
    /// <param name="defaultCache">The cache folder that the command looks at without an option.</param>
    /// <param name="home">The folder that shells abbreviate as <c>~</c>; null where they do not.</param>
    internal static string Of(string? process, string assembly, string cache, string defaultCache, string? home)
    {
        bool isTool = Path.GetFileNameWithoutExtension(process) == "finetune";
        string command = isTool ? "finetune watch" : $"dotnet {Argument(assembly, home)} watch";
        return Path.GetFullPath(cache) == Path.GetFullPath(defaultCache) ? command : $"{command} --cache {Argument(Path.GetFullPath(cache), home)}";
    }

    private static string Argument(string path, string? home)
    {
        bool isPlain = path.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '\\' or ':' or '.' or '-' or '_' or '+');
        if (!isPlain) return $"\"{path}\"";
        return home is { Length: > 1 } && path.StartsWith(home + "/", StringComparison.Ordinal) ? string.Concat("~", path.AsSpan(home.Length)) : path;
    }
}
