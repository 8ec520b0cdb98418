using System.CommandLine;
using System.Globalization;
using FineTune.Images;
using FineTune.Native;

namespace FineTune.Benchmarks;

/// <summary>Decodes Flowers-17 to 224 × 224 on one thread and on all; compared with another command that prints <c>images_per_second</c>.</summary>
internal sealed class Decoding : Command
{
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 5 };
    private readonly Option<string[]> _against = new("--against") { Description = "The other command and its arguments.", AllowMultipleArgumentsPerToken = true };

    public Decoding()
        : base("decode", "JPEG files to pixels.")
    {
        Add(_rounds);
        Add(_against);
        SetAction(parse => Measure(parse.GetValue(_rounds), parse.GetValue(_against) ?? []));
    }

    private static void Measure(int rounds, string[] against)
    {
        NativeLibraries.Load();
        byte[][] files = [.. Directory.GetFiles(Path.Combine(FlowerFolder.Assets, "flowers17/jpg"), "*.jpg").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var size = new ImageSize(224, 224);
        byte[][] pixels = [.. files.Select(_ => new byte[size.Bytes])];
        List<double> others = [];
        List<(string, Action)> things =
        [
            ("one thread", () => { for (int i = 0; i < files.Length; i++) ImageDecoder.Decode(files[i], size, pixels[i]); }),
            ("all threads", () => Parallel.For(0, files.Length, i => ImageDecoder.Decode(files[i], size, pixels[i]))),
        ];
        if (against.Length > 0) things.Add(("the other", () => others.Add(Commands.Number(Commands.Run(".", against[0], against[1..]), "images_per_second"))));
        IReadOnlyList<Measurement> times = Commands.Interleave(rounds, things);
        double other = others.Count > 0 ? others.Skip(1).Order().ElementAt((others.Count - 1) / 2) : double.NaN;
        foreach (Measurement time in times.Take(2))
        {
            double rate = files.Length / time.Median;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Name,-12} {rate,6:0} images/s, {rate / other:0.00} times the other"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the other    {other,6:0} images/s"));
    }
}
