namespace Browser.Tests;

/// <summary>Restores a package of npm by a committed lock file.</summary>
internal static class NpmPackage
{
    // What npm prints where it reaches no registry, or one that does not have the version.
    private static readonly string[] Unreachable = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "E403", "E404", "ETARGET", "E5"];

    /// <summary>Restores the package, unless it is there already.</summary>
    /// <param name="name">The package.</param>
    /// <param name="source">The folder with <c>package.json</c> and <c>package-lock.json</c>.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="files">The files that are needed, relative to the package.</param>
    /// <returns>The folder of the package, or why there is none on this machine.</returns>
    public static async Task<(string? Folder, string? Missing)> RestoreAsync(string name, string source, string folder, params IReadOnlyList<string> files)
    {
        string package = Path.Combine(folder, "node_modules", name);
        string[] wanted = ["package.json", "package-lock.json"];
        bool isRestored = wanted.All(file => SameText(Path.Combine(source, file), Path.Combine(folder, file)))
            && files.All(file => File.Exists(Path.Combine(package, file)));
        if (isRestored) return (package, null);
        if (Command.Find("npm") is not { } npm) return (null, $"npm is not installed, which restores {name}");
        Directory.CreateDirectory(folder);
        foreach (string file in wanted) File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
        CommandResult result = await Command.RunAsync(npm, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1");
        if (result.ExitCode == 0) return (package, null);
        File.Delete(Path.Combine(folder, "package-lock.json"));
        bool isOffline = Unreachable.Any(code => result.Output.Contains("code " + code, StringComparison.Ordinal));
        return isOffline ? (null, $"npm reaches no registry that has {name}") : throw new InvalidOperationException("npm ci failed:\n" + result.Output);
    }

    private static bool SameText(string one, string other) => File.Exists(other) && File.ReadAllText(one) == File.ReadAllText(other);
}
