namespace Browser.Tests;

/// <summary>The files of npm's onnxruntime-web that the page needs.</summary>
internal static class OnnxRuntimeWeb
{
    /// <summary>As the documentation says.</summary>
    public static readonly string[] Files = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];

    // What npm prints where it reaches no registry, or one that does not have the version.
    private static readonly string[] Unreachable = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "E403", "E404", "ETARGET", "E5"];

    /// <summary>Restores the package by the committed lock file, unless it is there already.</summary>
    /// <param name="folder">Where to.</param>
    /// <returns>The folder that has <see cref="Files"/>, or why there is none on this machine.</returns>
    public static async Task<(string? Folder, string? Missing)> RestoreAsync(string folder)
    {
        string files = Path.Combine(folder, "node_modules", "onnxruntime-web", "dist");
        string[] wanted = ["package.json", "package-lock.json"];
        bool isRestored = wanted.All(name => SameText(Path.Combine(Repository.Page, name), Path.Combine(folder, name)))
            && Files.All(name => File.Exists(Path.Combine(files, name)));
        if (isRestored) return (files, null);
        if (Command.Find("npm") is not { } npm) return (null, "npm is not installed, which restores onnxruntime-web");
        Directory.CreateDirectory(folder);
        foreach (string name in wanted) File.Copy(Path.Combine(Repository.Page, name), Path.Combine(folder, name), overwrite: true);
        CommandResult result = await Command.RunAsync(npm, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1");
        if (result.ExitCode == 0) return (files, null);
        File.Delete(Path.Combine(folder, "package-lock.json"));
        bool isOffline = Unreachable.Any(code => result.Output.Contains("code " + code, StringComparison.Ordinal));
        return isOffline ? (null, "npm reaches no registry that has onnxruntime-web") : throw new InvalidOperationException("npm ci failed:\n" + result.Output);
    }

    private static bool SameText(string one, string other) => File.Exists(other) && File.ReadAllText(one) == File.ReadAllText(other);
}
