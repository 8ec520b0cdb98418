using FineTune.Training;
using SkiaSharp;

namespace Training.Tests.Quality;

/// <summary>Specs with a <c>[quality]</c> table.</summary>
internal static class QualityProjects
{
    /// <summary>A project whose pictures are all the same: every network gives the same answer to all of them, so its accuracy is exactly 50%.</summary>
    public static TinyProject Gray()
    {
        var project = new TinyProject(images: 0);
        for (int i = 0; i < 16; i++)
        {
            project.AddPicture($"Red-Sky/{i:00}.png", new SKColor(120, 120, 120));
            project.AddPicture($"green_sea/deep/{i:00}.png", new SKColor(120, 120, 120));
        }
        return project;
    }

    /// <summary>Reads the spec with lines of <c>[quality]</c>.</summary>
    public static SpecSource ReadWith(this TinyProject project, string quality, params (string Old, string New)[] changes) =>
        project.Read([("[backbone]", $"[quality]\n{quality}\n\n[backbone]"), .. changes]);
}
