using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using ModelSpec.Backbones;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace FineTune.Benchmarks;

/// <summary>
/// The time that the package adds to a build with nothing to do: a project with one spec and trained weights of 85 MB, compared with the same
/// project without the package.
/// </summary>
internal sealed class NoOpBuild : Command
{
    private const int WeightBytes = 85_000_000;

    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 11 };

    public NoOpBuild()
        : base("no-op", "An up-to-date dotnet build, with and without the package.")
    {
        Add(_rounds);
        SetAction(parse => Measure(parse.GetValue(_rounds)));
    }

    private static void Measure(int rounds)
    {
        string root = Directory.CreateTempSubdirectory("finetune-noop").FullName;
        string version = $"0.1.0-bench.{Guid.NewGuid():N}";
        try
        {
            Commands.Run(Commands.RepositoryRoot, "dotnet", "pack", "src/Packages", "-c", Commands.Configuration, "-o", Path.Combine(root, "feed"), $"-p:PackageVersion={version}");
            Write(root, "NuGet.config", "<configuration><packageSources><add key=\"feed\" value=\"feed\" /></packageSources></configuration>");
            Write(root, "Without/App.csproj", Project(""));
            Write(root, "Without/Program.cs", "Console.WriteLine();\n");
            Write(root, "With/App.csproj", Project($"<ItemGroup><PackageReference Include=\"FineTune.Build\" Version=\"{version}\" /></ItemGroup>"));
            Write(root, "With/Program.cs", "Console.WriteLine();\n");
            string spec = File.ReadAllText(Path.Combine(Commands.RepositoryRoot, "samples/Flowers17/flowers17.modelspec"));
            Write(root, "With/flowers17.modelspec", spec);
            Train(Path.Combine(root, "With"), spec);

            string[] folders = ["Without", "With"];
            foreach (string folder in folders) Commands.Run(Path.Combine(root, folder), "dotnet", "build");
            if (new FileInfo(Path.Combine(root, "With/bin/Debug/net10.0/App.dll")).Length < WeightBytes) throw new InvalidOperationException("The weights are not embedded.");
            IReadOnlyList<Measurement> times = Commands.Interleave(rounds, [.. folders.Select(folder => (
                $"dotnet build, up to date, {folder.ToLowerInvariant()} the package", (Action)(() => Commands.Run(Path.Combine(root, folder), "dotnet", "build"))))]);
            foreach (Measurement time in times) Console.WriteLine(time);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"difference of the medians: {1000 * (times[1].Median - times[0].Median):0} ms (target: at most 100 ms)"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
            string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
            foreach (string own in Directory.GetDirectories(packages).Select(package => Path.Combine(package, version)).Where(Directory.Exists))
            {
                Directory.Delete(own, recursive: true);
            }
        }
    }

    /// <summary>Weights with the size of VGG16's, without training: a build only checks their digest.</summary>
    private static void Train(string folder, string spec)
    {
        byte[] weights = new byte[WeightBytes];
        new Random(1).NextBytes(weights);
        File.WriteAllBytes(Path.Combine(folder, "flowers17.safetensors"), weights);
        TrainingPlan plan = TrainingPlanBuilder.Build(spec, "flowers17.modelspec", BackboneCatalogue.BuiltIn).Value!;
        var known = new TrainingLock(
        [
            .. PlanFacts.Of(plan),
            new Fact("", 0, "fingerprint", TomlLiteral.Of(Digest.Of("not trained"))),
            new Fact("", 0, "weights", TomlLiteral.Of(Digest.Of(SHA256.HashData(weights)))),
        ]);
        File.WriteAllText(Path.Combine(folder, "flowers17.modelspec.lock"), known.ToString());
    }

    private static string Project(string items) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
          </PropertyGroup>
          {items}
        </Project>
        """;

    private static void Write(string root, string name, string content)
    {
        string path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
