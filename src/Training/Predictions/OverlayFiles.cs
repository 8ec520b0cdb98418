using FineTune.Files;
using FineTune.Images;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;

namespace FineTune.Training.Predictions;

/// <summary>Where overlays are written: into the file that <c>--out</c> names, or into a folder, one for each image.</summary>
/// <param name="output">What <c>--out</c> says.</param>
/// <param name="isFile">Whether it is a file.</param>
internal sealed class OverlayFiles(string output, bool isFile)
{
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Chooses: a path that ends as an image is a file, any other one a folder.</summary>
    /// <param name="output">What <c>--out</c> says.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="location">The position that errors are reported at.</param>
    /// <exception cref="TrainingException">Several images have one file, or the extension is not .png, .jpg or .jpeg.</exception>
    public static OverlayFiles Choose(string output, int images, SpecLocation location)
    {
        string extension = Path.GetExtension(output).ToUpperInvariant();
        bool isFolder = Directory.Exists(output) || Path.EndsInDirectorySeparator(output) || extension.Length == 0;
        if (!isFolder && extension is not (".PNG" or ".JPG" or ".JPEG")) throw location.Error(TrainingDiagnostics.OverlayPlace, output, "an overlay is a .png, .jpg or .jpeg file");
        if (!isFolder && images > 1) throw location.Error(TrainingDiagnostics.OverlayPlace, output, $"there are {images} images, which need a folder");
        return new OverlayFiles(output, !isFolder);
    }

    /// <summary>Writes an overlay.</summary>
    /// <param name="explanation">The explanation of a file.</param>
    /// <param name="location">The position that errors are reported at.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="TrainingException">It cannot be written.</exception>
    public string Write(FileExplanation explanation, SpecLocation location)
    {
        WholePhoto photo = explanation.Photo!;
        string path = isFile ? output : Path.Combine(output, NameOf(explanation.Path));
        byte[] pixels = HeatOverlay.Draw(photo.Pixels, photo.Size, explanation.Heat!);
        bool isPng = path.EndsWith(".png", StringComparison.OrdinalIgnoreCase);
        byte[] file = isPng ? ImageEncoder.EncodePng(photo.Size, pixels) : ImageEncoder.EncodeJpeg(photo.Size, pixels, 85);
        try
        {
            AtomicFile.Write(path, stream => stream.Write(file), durable: false);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.CannotWrite, path, ExceptionText.Sentence(e.Message));
        }
    }

    /// <summary>The image's name with another extension; with a number where images of several folders have one name.</summary>
    private string NameOf(string image)
    {
        string name = image == ImageArguments.StandardInput ? "stdin" : Path.GetFileNameWithoutExtension(image);
        for (int number = 1; ; number++)
        {
            string file = number == 1 ? $"{name}.png" : FormattableString.Invariant($"{name}-{number}.png");
            if (_taken.Add(file)) return file;
        }
    }
}
