using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>A project with the spec, the pictures and the program of <see cref="PackageConsumer"/>, which references FineTune.Build.Onnx instead.</summary>
public sealed class OnnxConsumer
{
    private readonly PackageConsumer _packages;

    public OnnxConsumer(PackageConsumer packages)
    {
        _packages = packages;
        Write("App.csproj", packages.Project("FineTune.Build.Onnx"));
        Write("Program.cs", PackageConsumer.Program);
        Write("tiny.backbone", PackageConsumer.Backbone);
        DotNet.Run(App, "restore").Succeeded();
    }

    public static string Spec => PackageConsumer.Spec.Replace("\"pictures\"", "\"../App/pictures\"", StringComparison.Ordinal);

    /// <summary>The project whose class runs on torch.</summary>
    public PackageConsumer Torch => _packages;

    public string App => Path.Combine(_packages.Root, "OnnxApp");

    public string Weights => Path.Combine(App, "sky.safetensors");

    public string Model => Path.Combine(Intermediate, "finetune/sky.onnx");

    public string Output => Path.Combine(App, "bin/Debug/net10.0");

    public string Intermediate => Path.Combine(App, "obj/Debug/net10.0");

    /// <summary>The project that the build restores for the trainer.</summary>
    public string TrainerProject => Path.Combine(App, "obj/finetune/trainer");

    /// <summary>Forgets everything that was trained and built, and restores the spec.</summary>
    public void Reset()
    {
        Write("sky.modelspec", Spec);
        foreach (string file in Directory.GetFiles(App, "sky.*").Where(static file => !file.EndsWith(".modelspec", StringComparison.Ordinal))) File.Delete(file);
        foreach (string folder in (string[])[_packages.Cache, Output, Intermediate, TrainerProject])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    internal CommandResult Build(params string[] arguments) => DotNet.Run(App, ["build", "--no-restore", "--tl:off", .. arguments]);

    /// <summary>Publishes for Linux into a folder, with the weights that are there.</summary>
    /// <returns>The folder.</returns>
    internal string Publish(string name, params string[] arguments)
    {
        string folder = Path.Combine(_packages.Root, name);
        CommandResult publish = DotNet.Run(App, ["publish", "--tl:off", "-r", "linux-x64", "-o", folder, .. arguments]).Succeeded();
        Assert.DoesNotContain("warning", publish.Output, StringComparison.Ordinal);
        // Another restore takes the runtime identifier away again.
        DotNet.Run(App, "restore").Succeeded();
        return folder;
    }

    /// <summary>The resources of the built assembly.</summary>
    public string[] Resources() => [.. System.Reflection.Assembly.Load(File.ReadAllBytes(Path.Combine(Output, "App.dll"))).GetManifestResourceNames()];

    /// <summary>The packages that were restored for the app.</summary>
    public string[] Packages()
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(App, "obj/project.assets.json")));
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Select(static library => library.Name.Split('/')[0])];
    }

    public void Write(string name, string content) => _packages.Write(Path.Combine("OnnxApp", name), content);
}
