namespace Browser.Tests;

/// <summary>The browser of this machine: Chromium, or one that is made of it.</summary>
internal static class Chromium
{
    /// <summary>Names the program where it is elsewhere.</summary>
    private const string Variable = "MODELSPEC_CHROMIUM";

    private static readonly string[] Names =
        ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge-stable", "microsoft-edge", "msedge"];

    private static readonly string[] Places =
    [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe",
        @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ];

    /// <summary>Finds the program.</summary>
    /// <returns>Its path, or why there is none.</returns>
    public static (string? Path, string? Missing) Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? (named, null) : (null, $"{Variable} names '{named}', which does not exist");
        }
        string? found = Command.Find(Names) ?? Array.Find(Places, File.Exists);
        return (found, found is null ? $"Chromium is not installed ({Variable} can name its program)" : null);
    }
}
