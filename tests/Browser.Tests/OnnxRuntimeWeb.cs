namespace Browser.Tests;

/// <summary>The files of npm's onnxruntime-web that the page needs.</summary>
internal static class OnnxRuntimeWeb
{
    /// <summary>As the documentation says.</summary>
    public static readonly string[] Files = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];

    /// <summary>Restores the package by the committed lock file, unless it is there already.</summary>
    /// <param name="folder">Where to.</param>
    /// <returns>The folder that has <see cref="Files"/>, or why there is none on this machine.</returns>
    public static async Task<(string? Folder, string? Missing)> RestoreAsync(string folder)
    {
        (string? package, string? missing) = await NpmPackage.RestoreAsync(
            "onnxruntime-web", Repository.Page, folder, [.. Files.Select(static file => Path.Combine("dist", file))]);
        return (package is null ? null : Path.Combine(package, "dist"), missing);
    }
}
