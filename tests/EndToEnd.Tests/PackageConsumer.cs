using SkiaSharp;

namespace EndToEnd.Tests;

/// <summary>
/// A new project outside the repository that references FineTune.Build as a package from a folder: all packages are packed, restored and built once
/// for all tests that use it.
/// </summary>
public sealed class PackageConsumer : IDisposable
{
    /// <summary>A unique version, so that an older package in the user's package folder is never used instead.</summary>
    private readonly string _version = $"0.1.0-test.{Guid.NewGuid():N}";

    private readonly string _root = Directory.CreateTempSubdirectory("finetune-consumer").FullName;

    public PackageConsumer()
    {
        DotNet.Run(
            DotNet.RepositoryRoot, "pack", "src/Packages", "--no-build", "-c", DotNet.Configuration, "-o", Path.Combine(_root, "feed"),
            $"-p:PackageVersion={_version}").Succeeded();
        Write("NuGet.config", """
            <configuration>
              <packageSources>
                <add key="feed" value="feed" />
              </packageSources>
            </configuration>
            """);
        // A separate cache, so that results of other runs are not found.
        Write("Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <ModelSpecCache>$(MSBuildThisFileDirectory)cache</ModelSpecCache>
              </PropertyGroup>
            </Project>
            """);
        Write("App/App.csproj", Project("FineTune.Build"));
        Write("App/Program.cs", Program);
        Write("App/tiny.backbone", Backbone);
        Write("App/sky.modelspec", Spec);
        for (int i = 0; i < 20; i++)
        {
            Picture($"App/pictures/red/{i}.png", new SKColor((byte)(230 - i), (byte)(2 * i), 40));
            Picture($"App/pictures/blue/{i}.png", new SKColor(40, (byte)(2 * i), (byte)(230 - i)));
        }
        DotNet.Run(App, "restore").Succeeded();
    }

    /// <summary>The id of a package that a test packs.</summary>
    public const string LibraryPackage = "finetune.build.tests.sky";

    public static string Spec => """
        [model]
        name = "SkyClassifier"
        classes = ["red", "blue"]

        [data]
        source = "pictures"
        split = { train = 0.75, test = 0.25 }

        [backbone]
        architecture = "tiny"
        weights = "none"

        [head]
        layers = ["global_average_pool", "linear(2)", "softmax"]

        [[stage]]
        name = "learn"
        freeze = "none"
        epochs = 30
        batch_size = 8
        optimizer = "adam"
        learning_rate = 0.02
        """;

    public static string Backbone => """
        name = "tiny"
        input = [16, 16]
        layers = [
          { name = "input", type = "input" },
          { name = "conv", type = "conv2d", filters = 6, kernel = 3, stride = 2, activation = "relu" },
        ]
        """;

    /// <summary>A program that looks at pictures. After <c>--scores</c> it prints the scores of both classes, too.</summary>
    public static string Program => """
        using System.Globalization;
        using App;

        using SkyClassifier sky = SkyClassifier.Load();
        bool printsScores = args.Contains("--scores");
        foreach (string path in args.Where(static a => a != "--scores"))
        {
            Prediction<SkyLabel> p = sky.Predict(path);
            string scores = printsScores ? string.Create(CultureInfo.InvariantCulture, $" {p.Top(2)[0].Score:R} {p.Top(2)[1].Score:R}") : "";
            Console.WriteLine($"{Path.GetFileName(path)}: {p.Label}{scores}");
        }
        """;

    public string App => Path.Combine(_root, "App");

    public string Root => _root;

    public string Version => _version;

    public string Weights => Path.Combine(App, "sky.safetensors");

    public string Lock => Path.Combine(App, "sky.modelspec.lock");

    public string Cache => Path.Combine(_root, "cache");

    public string Assembly => Path.Combine(App, "bin/Debug/net10.0/App.dll");

    /// <summary>A program of the namespace <c>App</c> that references one of the packages.</summary>
    public string Project(string package) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{package}" Version="{_version}" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>Deletes all results of trainings, and restores the spec.</summary>
    public void Reset()
    {
        Write("App/sky.modelspec", Spec);
        File.Delete(Weights);
        File.Delete(Lock);
        if (Directory.Exists(Cache)) Directory.Delete(Cache, recursive: true);
    }

    /// <summary>The resources of the built assembly.</summary>
    public string[] Resources() => [.. System.Reflection.Assembly.Load(File.ReadAllBytes(Assembly)).GetManifestResourceNames().Order()];

    internal CommandResult Build(params string[] arguments) => DotNet.Run(App, ["build", "--no-restore", "--tl:off", .. arguments]);

    public void Write(string name, string content)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        // Nothing else has packages of this version.
        foreach (string own in Directory.GetDirectories(packages).Select(package => Path.Combine(package, _version)).Where(Directory.Exists))
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private void Picture(string name, SKColor color)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(20, 20);
        bitmap.Erase(color);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }
}
