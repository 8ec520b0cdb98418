using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FineTune.Benchmarks;

/// <summary>
/// The whole build of samples/Flowers17, without any trained or compiled files: restore, decode, features, head, evaluation, compile,
/// embed; compared with another command that trains, for example a PyTorch script.
/// </summary>
internal sealed partial class Flowers17Build : Command
{
    private const string Spec = "flowers17-mobilenet";

    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 5 };
    private readonly Option<string[]> _against = new("--against")
    {
        Description = "Another command that trains on the same and prints total_s, for example a PyTorch script.",
        AllowMultipleArgumentsPerToken = true,
    };

    public Flowers17Build()
        : base("flowers17", "A cold dotnet build of samples/Flowers17 with TrainModel=true; MODELSPEC_ASSETS names the images and weights.")
    {
        Add(_rounds);
        Add(_against);
        SetAction(parse => Measure(parse.GetValue(_rounds), parse.GetValue(_against) ?? []));
    }

    private static void Measure(int rounds, string[] against)
    {
        string sample = Path.Combine(Commands.RepositoryRoot, "samples/Flowers17");
        List<string> accuracies = [];
        List<double> others = [];
        List<(string, Action)> things =
        [
            ($"dotnet build samples/Flowers17 -p:FlowersSpec={Spec}, cold", () => accuracies.Add(Build(sample))),
            ("the trainer alone", () => TrainerRun.Train(Path.Combine(sample, Spec + ".modelspec"))),
        ];
        if (against.Length > 0) things.Add(("", () => others.Add(Commands.Number(Commands.Run(".", against[0], against[1..]), "total_s"))));

        Commands.Run(Commands.RepositoryRoot, "dotnet", "build", "samples/Flowers17", "-c", Commands.Configuration, $"-p:FlowersSpec={Spec}");
        IReadOnlyList<Measurement> times = Commands.Interleave(rounds, things);
        Console.WriteLine(times[0]);
        Console.WriteLine(times[1]);
        Console.WriteLine($"test accuracy: {string.Join(", ", accuracies.Distinct())}");
        if (others.Count == 0) return;
        // The first round does not count.
        var other = new Measurement("the other's total_s", [.. others.Skip(1)]);
        Console.WriteLine(other);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio of the medians: {times[0].Median / other.Median:0.00} (target: at most 0.60), of the trainer alone {times[1].Median / other.Median:0.00}"));
    }

    /// <returns>The test accuracy as the build prints it.</returns>
    private static string Build(string sample)
    {
        foreach (string folder in (string[])["bin", "obj"])
        {
            if (Directory.Exists(Path.Combine(sample, folder))) Directory.Delete(Path.Combine(sample, folder), recursive: true);
        }
        foreach (string file in (string[])[Spec + ".safetensors", Spec + ".modelspec.lock"]) File.Delete(Path.Combine(sample, file));
        string cache = Directory.CreateTempSubdirectory("finetune-cache").FullName;
        try
        {
            string output = Commands.Run(
                Commands.RepositoryRoot, "dotnet", "build", "samples/Flowers17", "-c", Commands.Configuration, "--tl:off", "-p:TrainModel=true", $"-p:FlowersSpec={Spec}", $"-p:ModelSpecCache={cache}");
            return Accuracy().Match(output).Value;
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    [GeneratedRegex("(?<=test accuracy )[0-9.]+%")]
    private static partial Regex Accuracy();
}
