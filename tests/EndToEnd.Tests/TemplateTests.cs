namespace EndToEnd.Tests;

/// <summary>The templates for <c>dotnet new</c>, installed from the folder with the packages, and the projects that they make.</summary>
public sealed class TemplateTests : IDisposable
{
    private readonly PackageConsumer _consumer;
    private readonly string _hive, _photos;

    public TemplateTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        _hive = Path.Combine(consumer.Root, "hive");
        _photos = Path.Combine(consumer.Root, "flower photos");
        foreach ((string name, string from) in ((string, string)[])[("daisy", "red"), ("tulip", "blue")])
        {
            Directory.CreateDirectory(Path.Combine(_photos, name));
            for (int i = 0; i < 8; i++) File.Copy(Path.Combine(consumer.App, $"pictures/{from}/{i}.png"), Path.Combine(_photos, name, $"{i}.png"), overwrite: true);
        }
        New("install", Path.Combine(consumer.Root, "feed", $"FineTune.Templates.{consumer.Version}.nupkg"));
    }

    [Fact]
    public void The_classifier_trains_on_the_photos_that_it_is_given_and_runs()
    {
        string app = Path.Combine(_consumer.Root, "My.Birds");
        New("finetune-classifier", "-n", "My.Birds", "--photos", "../flower photos", "--architecture", "mobilenet_v1");
        string spec = Path.Combine(app, "My.Birds.modelspec");
        string text = File.ReadAllText(spec);
        Assert.StartsWith("#:schema ./modelspec.schema.json\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(app, "modelspec.schema.json")));
        Assert.Contains("width        = 0.75", text, StringComparison.Ordinal);

        CommandResult build = DotNet.Run(app, "build", "--tl:off", "-warnaserror", "-warnnotaserror:MSPEC3001").Succeeded();
        Assert.Matches(@"My\.Birds\.modelspec.*: warning MSPEC3001", build.Output);

        // One epoch of a network with random weights, which needs no download.
        File.WriteAllText(spec, text.Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal).Replace("= 40", "= 1", StringComparison.Ordinal));
        CommandResult trained = DotNet.Run(app, "build", "--tl:off", "-p:TrainModel=true").Succeeded();
        Assert.Contains("My_BirdsClassifier: warm-up epoch 1/1", trained.Output, StringComparison.Ordinal);
        string answers = DotNet.Run(app, "run", "--no-build").Succeeded().StandardOutput;
        Assert.Matches(@"flower photos/daisy/0\.png: (Daisy|Tulip) \d+[.]\d%, (Daisy|Tulip) ", answers.Replace('\\', '/'));
    }

    [Fact]
    public void The_web_service_builds_on_ONNX_Runtime_and_on_torch()
    {
        foreach ((string name, string[] arguments, string package) in ((string, string[], string)[])[("Web1", [], "FineTune.Build.Onnx"), ("Web2", ["--engine", "torch"], "FineTune.Build")])
        {
            New(["finetune-web", "-n", name, "--photos", "../flower photos", .. arguments]);
            string app = Path.Combine(_consumer.Root, name);

            Assert.Contains($"Include=\"{package}\" Version=\"{_consumer.Version}\"", File.ReadAllText(Path.Combine(app, name + ".csproj")), StringComparison.Ordinal);
            CommandResult build = DotNet.Run(app, "build", "--tl:off", "-warnaserror", "-warnnotaserror:MSPEC3001").Succeeded();
            Assert.Matches(@"Web\d\.modelspec.*: warning MSPEC3001", build.Output);
            Assert.True(File.Exists(Path.Combine(app, "bin/Debug/net10.0", name + ".dll")));
        }
    }

    public void Dispose()
    {
        foreach (string folder in (string[])[_hive, _photos, .. ((string[])["My.Birds", "Web1", "Web2"]).Select(name => Path.Combine(_consumer.Root, name))])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private void New(params string[] arguments) => DotNet.Run(_consumer.Root, ["new", .. arguments, "--debug:custom-hive", _hive]).Succeeded();
}
