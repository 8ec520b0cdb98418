using System.Globalization;

namespace Browser.Tests;

/// <summary>The photos of Oxford Flowers-17, where this machine has them: 80 of each class, class after class.</summary>
internal static class FlowersPhotos
{
    /// <summary>The classes.</summary>
    public const int Classes = 17;

    private const int PerClass = 80;

    /// <summary>Finds their folder.</summary>
    public static string? Find() => (Environment.GetEnvironmentVariable("MODELSPEC_ASSETS") ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries)
        .Select(static assets => Path.Combine(assets, "flowers17", "jpg"))
        .FirstOrDefault(static folder => File.Exists(Of(folder, 0, 0)));

    /// <summary>The file of a photo.</summary>
    /// <param name="folder">The folder of the photos.</param>
    /// <param name="label">The class, from 0.</param>
    /// <param name="index">Which of its photos, from 0.</param>
    public static string Of(string folder, int label, int index) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"image_{label * PerClass + index + 1:0000}.jpg"));
}
