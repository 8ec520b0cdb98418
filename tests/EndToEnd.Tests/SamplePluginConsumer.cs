using System.Text.RegularExpressions;
using SkiaSharp;

namespace EndToEnd.Tests;

/// <summary>
/// <c>samples/Plugin</c> as readers of the page use it: copied out of the repository, packed against the package FineTune.Pipeline, and used by a new
/// project whose references and tables are those of <c>docs/plugins.md</c>.
/// </summary>
public sealed class SamplePluginConsumer : IDisposable
{
    private readonly PackageConsumer _packages;

    public SamplePluginConsumer(PackageConsumer packages)
    {
        _packages = packages;
        string page = File.ReadAllText(Path.Combine(DotNet.RepositoryRoot, "docs/plugins.md"));
        string sample = Path.Combine(DotNet.RepositoryRoot, "samples/Plugin");
        foreach (string file in (string[])[.. Directory.GetFiles(sample, "*.cs"), Path.Combine(sample, "SamplePlugin.csproj"), Path.Combine(sample, "build/SamplePlugin.props")])
        {
            packages.Write(Path.Combine("SamplePlugin", Path.GetRelativePath(sample, file)), WithVersion(File.ReadAllText(file)));
        }
        string feed = Path.Combine(packages.Root, "feed");
        DotNet.Run(Path.Combine(packages.Root, "SamplePlugin"), "pack", "-o", feed, $"-p:PackageVersion={packages.Version}").Succeeded();

        packages.Write("PluginApp/PluginApp.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {WithVersion(Block(page, "xml", "<PackageReference Include=\"FineTune.Build\""))}
              </ItemGroup>
            </Project>
            """);
        packages.Write("PluginApp/Program.cs", """
            using PluginApp;

            using SkyClassifier sky = SkyClassifier.Load();
            foreach (string path in args) Console.WriteLine($"{Path.GetFileName(path)}: {sky.Predict(path).Label}");
            """);
        packages.Write("PluginApp/tiny.backbone", File.ReadAllText(Path.Combine(packages.App, "tiny.backbone")));
        Spec = Regex.Replace(PackageConsumer.Spec.ReplaceLineEndings("\n"), @"(?s)\[data\]\n.*?\n\n", _ => Block(page, "toml", "[data]") + "\n");
        // Only the table contains the class of a picture.
        List<string> rows = ["species,file"];
        for (int i = 0; i < 40; i++)
        {
            bool isRed = i * 7 % 40 < 20;
            string name = $"pictures/{i}{(i % 2 == 0 ? ", evening" : "")}.png";
            rows.Add($"{(isRed ? "red" : "blue")},\"{name}\"");
            Picture(name, isRed ? new SKColor((byte)(230 - i), (byte)i, 40) : new SKColor(40, (byte)i, (byte)(230 - i)));
        }
        packages.Write("PluginApp/labels.csv", string.Join('\n', rows));
        DotNet.Run(App, "restore").Succeeded();
    }

    public string App => Path.Combine(_packages.Root, "PluginApp");

    public string Spec { get; }

    public string Weights => Path.Combine(App, "sky.safetensors");

    public string Lock => Path.Combine(App, "sky.modelspec.lock");

    public string Archive => Path.Combine(App, "sky.npz");

    public string Output => Path.Combine(App, "bin/Debug/net10.0");

    /// <summary>Deletes all results of trainings, evaluators and exporters.</summary>
    public void Reset()
    {
        foreach (string file in (string[])[Weights, Lock, Archive]) File.Delete(file);
        foreach (string folder in (string[])[_packages.Cache, Path.Combine(App, "sky.evaluation")])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Builds the project with a spec.</summary>
    internal CommandResult Build(string spec, params string[] arguments)
    {
        _packages.Write("PluginApp/sky.modelspec", spec);
        return DotNet.Run(App, ["build", "--no-restore", "--tl:off", .. arguments]);
    }

    public void Dispose()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        foreach (string name in (string[])["finetune.pipeline", "sampleplugin"])
        {
            string own = Path.Combine(packages, name, _packages.Version);
            if (Directory.Exists(own)) Directory.Delete(own, recursive: true);
        }
    }

    /// <summary>A target that <c>docs/build.md</c> shows.</summary>
    public static string Target(string name) =>
        Block(File.ReadAllText(Path.Combine(DotNet.RepositoryRoot, "docs/build.md")), "xml", $"<Target Name=\"{name}\"");

    /// <summary>The first block of a page in a language that begins with a text.</summary>
    private static string Block(string page, string language, string start)
    {
        page = page.ReplaceLineEndings("\n");
        int at = page.IndexOf($"```{language}\n{start}", StringComparison.Ordinal);
        Assert.True(at >= 0, start);
        at = page.IndexOf('\n', at) + 1;
        return page[at..page.IndexOf("```", at, StringComparison.Ordinal)];
    }

    /// <summary>The packages under test instead of published ones.</summary>
    private string WithVersion(string project) =>
        Regex.Replace(project, "(Include=\"(?:FineTune\\.Build|FineTune\\.Pipeline|SamplePlugin)\" Version=\")[^\"]+", match => match.Groups[1].Value + _packages.Version);

    private void Picture(string name, SKColor color)
    {
        string path = Path.Combine(App, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(20, 20);
        bitmap.Erase(color);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }
}
