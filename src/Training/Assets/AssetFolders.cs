namespace FineTune.Training.Assets;

/// <summary>The folders of datasets and weight files, and the folder of downloads.</summary>
/// <param name="Folders">The folders that <c>ModelSpecAssets</c> names, in order.</param>
/// <param name="Cache">The folder of downloads.</param>
internal sealed record AssetFolders(IReadOnlyList<string> Folders, string Cache)
{
    /// <summary>The user's cache folder: <c>$XDG_CACHE_HOME</c>, <c>~/.cache</c> or <c>%LOCALAPPDATA%</c>, then <c>finetune</c>.</summary>
    public static string DefaultCache
    {
        get
        {
            string? root = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(root)) root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(root, "finetune");
        }
    }

    /// <summary>Splits a list of folders: at <c>;</c> everywhere, as MSBuild does, and at the system's own separator, <c>:</c> on Unix.</summary>
    public static string[] Split(string list) =>
        list.Split([';', Path.PathSeparator], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The file or folder at a relative path in the first folder that contains it, or null.</summary>
    public string? Find(string relativePath) => Folders
        .Append(Cache)
        .Select(folder => Path.GetFullPath(Path.Combine(folder, relativePath)))
        .FirstOrDefault(static path => File.Exists(path) || Directory.Exists(path));
}
