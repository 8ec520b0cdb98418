using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FineTune.Benchmarks;

/// <summary>
/// The same application on both engines, published and run in turn: its size without the weights, the time from the start of its process to
/// the first answer, one prediction from JPEG bytes, batches of 16 files, and the most memory that it took.
/// </summary>
internal sealed class Engines : Command
{
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 5 };
    private readonly Option<bool> _aot = new("--aot") { Description = "Also publishes the application on ONNX Runtime ahead of time (PublishAot)." };

    public Engines()
        : base("engines", "Applications on libtorch and on ONNX Runtime: size, start, predictions, memory.")
    {
        Add(_rounds);
        Add(_aot);
        SetAction(parse => Measure(parse.GetValue(_rounds), parse.GetValue(_aot)));
    }

    private static void Measure(int rounds, bool aot)
    {
        string root = Directory.CreateTempSubdirectory("finetune-engines").FullName;
        try
        {
            foreach ((string model, int singles, int batches) in ((string, int, int)[])[("mobilenet", 101, 15), ("vgg16", 15, 3)])
            {
                List<Application> applications = [Publish(root, model, "torch"), Publish(root, model, "onnx")];
                if (aot) applications.Add(Publish(root, model, "onnx", "-p:EngineAot=true"));
                Tell(model, applications, rounds, singles, batches);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static Application Publish(string root, string model, string runtime, params string[] more)
    {
        string project = Path.Combine(Commands.RepositoryRoot, "benchmarks/EngineApp"), name = $"{runtime}{(more.Length > 0 ? ", ahead of time" : "")}";
        string output = Path.Combine(root, $"{model}-{runtime}{more.Length}");
        // Another engine is another set of packages, so nothing of the publication before it may be found.
        foreach (string old in (string[])["bin", "obj"])
        {
            if (Directory.Exists(Path.Combine(project, old))) Directory.Delete(Path.Combine(project, old), recursive: true);
        }
        Commands.Run(
            project, "dotnet",
            ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, .. more.Length > 0 ? more : ["--no-self-contained"],
                $"-p:ModelSpecRuntime={runtime}", $"-p:EngineModel={model}", "-o", output]);
        long weights = new FileInfo(Path.Combine(Commands.RepositoryRoot, "benchmarks/Models", model + ".safetensors")).Length;
        long bytes = new DirectoryInfo(output).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);
        return new Application(name, Path.Combine(output, "EngineApp"), bytes - weights);
    }

    private static void Tell(string model, IReadOnlyList<Application> applications, int rounds, int singles, int batches)
    {
        List<string>[] answers = [.. applications.Select(static _ => new List<string>())];
        string pictures = Path.Combine(FlowerFolder.Assets, "flowers17/jpg");
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < applications.Count; i++)
            {
                string answer = Commands.Run(Path.GetTempPath(), applications[i].Path, pictures, Show(singles), Show(batches));
                // The first reads the files from the disk.
                if (round > 0) answers[i].Add(answer);
            }
        }
        Console.WriteLine(model);
        for (int i = 0; i < applications.Count; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {applications[i].Name,-22} {applications[i].Bytes / 1e6,6:0.0} MB   first answer {1000 * Median("first"),5:0} ms   one JPEG {1000 * Median("single"),6:0.00} ms   "
                + $"16 files {16 / Median("batch"),6:0.0} images/s   memory {Median("memory"),4:0} MB at first, {Median("memoryBatch"),4:0} MB with batches"));

            double Median(string key) => new Measurement(key, [.. answers[i].Select(answer => Commands.Number(answer, key))]).Median;
        }
    }

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A published application.</summary>
    /// <param name="Name">What the table calls it.</param>
    /// <param name="Path">The program.</param>
    /// <param name="Bytes">Its size without the weights.</param>
    private sealed record Application(string Name, string Path, long Bytes);
}
