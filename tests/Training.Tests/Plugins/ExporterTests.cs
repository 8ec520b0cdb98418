using System.CommandLine;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Commands;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters;
using FineTune.Training.Locks;
using ModelSpec.Diagnostics;

namespace Training.Tests.Plugins;

public class ExporterTests
{
    private static readonly (string Old, string New) Names = Export("names");

    [Fact]
    public void An_exporter_writes_its_files_after_training_and_not_again()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Names);

        project.Train(spec);
        DateTime written = File.GetLastWriteTimeUtc(project["tiny.names"]);
        var log = new RecordingLog();
        project.BringUpToDate(spec, log);

        Assert.Contains("conv1.weight 4x3x3x3", File.ReadAllText(project["tiny.names"]), StringComparison.OrdinalIgnoreCase);
        Assert.True(int.Parse(File.ReadAllText(project["export/tiny.count"]), System.Globalization.CultureInfo.InvariantCulture) > 100);
        Assert.Equal(written, File.GetLastWriteTimeUtc(project["tiny.names"]));
        Assert.StartsWith("TinyClassifier: up to date", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_exporter_and_a_changed_file_run_it_alone_without_training()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Names);
        byte[] weights = project.Train(spec);
        string names = File.ReadAllText(project["tiny.names"]), text = File.ReadAllText(project.Lock);
        var log = new RecordingLog();

        byte[] after = project.BringUpToDate(project.Read(PluginCompiler.WithTestPlugin(), Export("names\"\nupper = true #")), log);
        Assert.Equal(names.ToUpperInvariant(), File.ReadAllText(project["tiny.names"]));
        File.WriteAllText(project["tiny.names"], "edited");
        project.BringUpToDate(spec, log);

        Assert.Equal(names, File.ReadAllText(project["tiny.names"]));
        Assert.Equal(weights, after);
        Assert.Equal(text, File.ReadAllText(project.Lock));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("trains", StringComparison.Ordinal));
        Assert.Equal(2, log.Lines.Count(static line => line == "TinyClassifier: wrote tiny.names, export/tiny.count"));
    }

    [Theory]
    [InlineData("throw new FormatException(\"No.\");", "MSPEC3057")]
    [InlineData("throw new PipelineException(\"Too large.\");", "MSPEC3050")]
    [InlineData("", "MSPEC3059")]
    [InlineData("context.Create(\"undeclared\");", "MSPEC3057")]
    public void An_exporter_that_fails_leaves_nothing_and_what_was_there_stays(string body, string code)
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        project.Write("a.out", "before");
        SpecSource spec = With(project, folder, $"using (var s = context.Create(\"a.out\")) s.WriteByte(1); {body}", "new[] { \"a.out\", \"b.out\" }");

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(spec)).Diagnostic;

        Assert.Equal(code, diagnostic.Descriptor.Code);
        Assert.Equal("before", File.ReadAllText(project["a.out"]));
        Assert.False(File.Exists(project["b.out"]));
        Assert.Empty(Directory.GetFiles(project.Root, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_full_disk_is_not_a_fault_of_the_exporter()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has /dev/full");
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        SpecSource spec = With(
            project, folder,
            "context.Create(\"a.out\"); using (var full = new System.IO.FileStream(\"/dev/full\", System.IO.FileMode.Open, System.IO.FileAccess.Write)) full.WriteByte(1);",
            "new[] { \"a.out\" }");

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(spec)).Diagnostic;

        Assert.Equal("MSPEC3002", diagnostic.Descriptor.Code);
        Assert.Contains("a.out' cannot be written: No space left on device", diagnostic.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(project.Root, "*.out*"));
    }

    [Theory]
    [InlineData("\"../a.out\"", "MSPEC3059")]
    [InlineData("\"/a.out\"", "MSPEC3059")]
    [InlineData("", "MSPEC3059")]
    [InlineData("\"tiny.safetensors\"", "MSPEC3062")]
    [InlineData("\"tiny.modelspec\"", "MSPEC3062")]
    [InlineData("\"a.out\", \"x/../a.out\"", "MSPEC3062")]
    public void Outputs_outside_the_folder_or_at_a_place_that_is_taken_are_errors(string outputs, string code)
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(With(project, folder, "", $"new string[] {{ {outputs} }}"))).Diagnostic;

        Assert.Equal(code, diagnostic.Descriptor.Code);
        Assert.Contains("exporter 'other'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_weights_beside_the_spec_are_the_bytes_of_the_cache()
    {
        using var project = new TinyProject();

        byte[] weights = project.Train(project.Read());

        Assert.Contains(Directory.GetFiles(Path.Combine(project.Cache, "trained")), file => File.ReadAllBytes(file).AsSpan().SequenceEqual(weights));
    }

    [Fact]
    public void Export_lists_the_files_of_a_spec_without_writing_them()
    {
        using var project = new TinyProject();
        project.Read(PluginCompiler.WithTestPlugin(), Names);
        using var output = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(output);
        int code;
        try
        {
            code = Invoke(new ExportCommand(), project, "--list");
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(0, code);
        Assert.Equal([project["tiny.names"], project["export/tiny.count"]], output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(File.Exists(project["tiny.names"]));
    }

    [Fact]
    public void One_exporter_runs_into_another_folder_without_a_table_and_not_again()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string[] arguments = ["--format", "names", "--set", "upper=true", "--to", project["obj/finetune"]];

        Assert.Equal(0, Invoke(new ExportCommand(), project, arguments));
        string written = File.ReadAllText(project["obj/finetune/tiny.names"]);
        DateTime time = File.GetLastWriteTimeUtc(project["obj/finetune/tiny.names"]);
        Assert.Equal(0, Invoke(new ExportCommand(), project, arguments));

        Assert.Contains("CONV1.WEIGHT", written, StringComparison.Ordinal);
        Assert.True(File.Exists(project["obj/finetune/export/tiny.count"]));
        Assert.Equal(time, File.GetLastWriteTimeUtc(project["obj/finetune/tiny.names"]));
        Assert.False(File.Exists(project["tiny.names"]));
    }

    [Theory]
    [InlineData("MSPEC3065: There is no exporter 'name'. Did you mean 'names'?", "--format", "name")]
    [InlineData("MSPEC3066: --set uper=true: the exporter 'names' has no key 'uper'. Did you mean 'upper'?", "--format", "names", "--set", "uper=true")]
    [InlineData("MSPEC3066: --set upper=1: upper is true or false.", "--format", "names", "--set", "upper=1")]
    [InlineData("MSPEC3066: --set upper: write KEY=VALUE.", "--format", "names", "--set", "upper")]
    public void What_the_command_line_says_of_an_exporter_is_checked_like_a_table(string message, params string[] arguments)
    {
        using var project = new TinyProject();
        project.Read();
        using var output = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(output);
        int code;
        try
        {
            code = Invoke(new ExportCommand(), project, arguments);
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(1, code);
        Assert.Contains(message, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exporter_sees_the_network_its_fingerprint_and_the_images_of_each_part()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        SpecSource spec = With(project, folder, """
            using var s = new System.IO.StreamWriter(context.Create("a.out"));
            var test = System.Linq.Enumerable.ToList(context.Images(DatasetPart.Test));
            foreach (var image in test) s.WriteLine($"{image.Name} {image.Class} {image.Pixels.Length} {image.Pixels.Span[0]}");
            s.WriteLine(System.Linq.Enumerable.Count(context.Images(DatasetPart.Train)));
            s.WriteLine(context.Model.Network.Nodes[context.Model.Network.Embedding].Name);
            s.WriteLine(context.Model.Digest);
            s.WriteLine(context.Model.Fingerprint);
            """, "new[] { \"a.out\" }");

        project.Train(spec);

        string[] lines = File.ReadAllLines(project["a.out"]);
        Assert.Equal(8 + 4, lines.Length);
        Assert.Equal(4, lines.Take(8).Count(static line => line.StartsWith("Red-Sky/", StringComparison.Ordinal) && line.Contains(" 0 768 2", StringComparison.Ordinal)));
        Assert.Equal(4, lines.Take(8).Count(static line => line.StartsWith("green_sea/", StringComparison.Ordinal) && line.EndsWith(" 1 768 20", StringComparison.Ordinal)));
        Assert.Equal(["24", "conv2/relu"], lines[8..10]);
        string text = File.ReadAllText(project.Lock);
        Assert.All(lines[10..], line => Assert.Contains($"\"{line}\"", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Images_that_are_not_on_this_machine_are_an_error_of_the_exporter_that_asks_for_them()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        project.Train(project.Read());
        Directory.Delete(project["pictures"], recursive: true);
        SpecSource spec = With(project, folder, "context.Images(DatasetPart.Test);", "new[] { \"a.out\" }");
        var stage = new ExportStage(spec, project.Output, new AssetFolders([], project.Cache), new RecordingLog());
        IReadOnlyList<ExportUse> uses = stage.Uses(CancellationToken.None);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => stage.Run(
            uses, "sha256:0", new ExportCache(new CacheFolder(project.Cache)), new FileDigests(null), CancellationToken.None)).Diagnostic;

        Assert.Equal("MSPEC3063", diagnostic.Descriptor.Code);
        Assert.Contains("'pictures'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_gets_the_list_of_files_with_their_formats_after_training_and_without_it()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Names);
        string trained = project["obj/trained.exports"], asked = project["obj/asked.exports"];
        project.Train(spec);

        var options = new FineTuningOptions(project.Output, "cpu", new AssetFolders([], project.Cache), ExportList: trained);
        new FineTuning(spec, options, new RecordingLog()).Run(CancellationToken.None);
        File.Delete(project["tiny.names"]);
        int code = Invoke(new ExportCommand(), project, "--export-list", asked);

        Assert.Equal(0, code);
        Assert.Equal($"names {project["tiny.names"]}\nnames {project["export/tiny.count"]}\n", File.ReadAllText(trained));
        Assert.Equal(File.ReadAllText(trained), File.ReadAllText(asked));
        Assert.False(File.Exists(project["tiny.names"]));
    }

    [Fact]
    public void Clean_removes_exports_with_the_weights_and_accepts_that_some_are_missing()
    {
        using var project = new TinyProject();
        project.Train(project.Read(PluginCompiler.WithTestPlugin(), Names));
        Directory.Delete(project["export"], recursive: true);

        int code = Invoke(new CleanCommand(), project);

        Assert.Equal(0, code);
        Assert.False(File.Exists(project["tiny.names"]));
        Assert.False(File.Exists(project.Output));
        Assert.True(File.Exists(project.Lock));
        Assert.True(File.Exists(project["tiny.modelspec"]));
    }

    private static int Invoke(Command command, TinyProject project, params string[] arguments) => command.Parse(
        [project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--cache", project.Cache,
         "--plugin", $"{PluginCompiler.TestPlugin}|{PluginCompiler.TestProvides}", .. arguments]).Invoke();

    private static (string Old, string New) Export(string format) =>
        ("[[stage]]\nname = \"warm-up\"", $"[[export]]\nformat = \"{format}\"\n\n[[stage]]\nname = \"warm-up\"");

    private static SpecSource With(TinyProject project, TemporaryFolder folder, string body, string outputs)
    {
        string part = "public class X : IModelExporter { public string Name => \"other\"; public int Revision => 1; "
            + $"public IReadOnlyList<string> Outputs(string specName, PartValues values) => {outputs}; public void Export(ExportContext context) {{ {body} }} }}";
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new X());", part);
        return project.Read(PluginCompiler.Load($"{plugin}|exporter:other"), Export("other"));
    }
}
