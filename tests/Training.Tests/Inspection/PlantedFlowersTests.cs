using System.Globalization;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Inspection;
using SkiaSharp;

namespace Training.Tests.Inspection;

/// <summary>How much of what is wrong is found: Flowers-17 with 20 relabelled images and 20 copies. <c>docs/data.md</c> has the figures.</summary>
public sealed class PlantedFlowersTests(ITestOutputHelper output)
{
    private const int Planted = 20, Classes = 17, Each = 80;

    private static readonly string[] Names =
    [
        "daffodil", "snowdrop", "lily valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary", "sunflower", "daisy", "coltsfoot",
        "dandelion", "cowslip", "buttercup", "windflower", "pansy",
    ];

    /// <summary>The same bytes, stored again, made smaller, and made smaller with little quality.</summary>
    private static readonly Func<byte[], byte[]>[] Changes =
        [static file => file, static file => StoredAgain(file, 1, 50), static file => StoredAgain(file, 0.5, 85), static file => StoredAgain(file, 0.4, 30)];

    [Fact]
    public void Relabelled_images_and_copies_are_found()
    {
        AssetFolders assets = RealData.Require("weights/mobilenet_7_5_224_tf_no_top.h5");
        Assert.SkipWhen(assets.Find("flowers17/jpg/image_0001.jpg") is null, "no folder of MODELSPEC_ASSETS has flowers17/jpg");
        using var folder = new TemporaryFolder();
        int[] shuffled = [.. Enumerable.Range(0, Classes * Each)];
        var random = new SeededRandom(11);
        random.Shuffle<int>(shuffled);
        Dictionary<int, int> relabelled = shuffled[..Planted].ToDictionary(static image => image, image => (image / Each + 1 + random.Below(Classes - 1)) % Classes);
        for (int image = 0; image < shuffled.Length; image++) Copy(image, relabelled.GetValueOrDefault(image, image / Each), $"{image:0000}.jpg", static bytes => bytes);
        int[] copied = shuffled[Planted..(2 * Planted)];
        for (int i = 0; i < copied.Length; i++) Copy(copied[i], copied[i] / Each, $"copy{copied[i]:0000}.jpg", Changes[i % Changes.Length]);

        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Specs", "mobilenet.modelspec"));
        (SpecSource? spec, _) = SpecSource.Read(folder.Write("flowers.modelspec", text.Replace("\"flowers17\"", "\"photos\"", StringComparison.Ordinal)), []);
        DataInspection found = new DataInspector(spec!, assets with { Cache = folder["cache"] }, "cpu", new RecordingLog()).Run(isQuick: false, CancellationToken.None);

        // Labels.
        int[] suspects = [.. found.Suspects!.Select(suspect => Number(found.Images[suspect.Image].Name))];
        int hits = suspects.Count(relabelled.ContainsKey);
        int first = suspects.Take(Planted).Count(relabelled.ContainsKey);
        int right = found.Suspects!.Count(suspect => relabelled.ContainsKey(Number(found.Images[suspect.Image].Name)) && suspect.Suggested == Number(found.Images[suspect.Image].Name) / Each);
        output.WriteLine($"labels: {hits} of {Planted} found in a list of {suspects.Length}, {first} among the first {Planted}; the true class is suggested for {right}");

        // Copies, and what Flowers-17 itself has.
        string[][] groups = [.. found.Duplicates.Select(group => group.Images.Select(image => Path.GetFileName(found.Images[image].Name)).ToArray())];
        int copies = copied.Count(image => groups.Any(group => group.Contains($"{image:0000}.jpg") && group.Contains($"copy{image:0000}.jpg")));
        int own = groups.Count(static group => group.Count(static name => !name.StartsWith("copy", StringComparison.Ordinal)) > 1);
        output.WriteLine($"copies: {copies} of {Planted} found; {groups.Length} groups, {own} of them with two or more images of Flowers-17");

        Assert.True(hits >= 14, $"{hits} of {Planted} wrong labels");
        Assert.True(hits >= 0.7 * suspects.Length, $"{hits} of a list of {suspects.Length}");
        Assert.True(copies >= 19, $"{copies} of {Planted} copies");
        Assert.InRange(own, 60, 75);

        void Copy(int image, int label, string name, Func<byte[], byte[]> change) =>
            folder.Write($"photos/{Names[label]}/{name}", change(File.ReadAllBytes(assets.Find($"flowers17/jpg/image_{image + 1:0000}.jpg")!)));
    }

    private static int Number(string name) => int.Parse(Path.GetFileNameWithoutExtension(name).Replace("copy", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    private static byte[] StoredAgain(byte[] file, double scale, int quality)
    {
        using SKBitmap picture = SKBitmap.Decode(file), resized = Scenes.Resize(picture, (int)(scale * picture.Width), (int)(scale * picture.Height));
        return Scenes.Jpeg(resized, quality);
    }
}
