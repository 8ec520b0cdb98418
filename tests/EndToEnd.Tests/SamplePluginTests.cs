using System.Buffers.Binary;
using System.Text.Json;
using SamplePlugin.Tests;

namespace EndToEnd.Tests;

/// <summary>The plugin of <c>docs/plugins.md</c> in a project that references it as a package.</summary>
public sealed class SamplePluginTests(SamplePluginConsumer consumer) : IClassFixture<SamplePluginConsumer>
{
    [Fact]
    public void All_four_parts_do_their_work_and_only_what_has_changed_runs_again()
    {
        consumer.Reset();
        CommandResult first = consumer.Build(consumer.Spec, "-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: learn epoch 30/30, loss", first.Output, StringComparison.Ordinal);
        Assert.Contains("test accuracy 100.00% (10 of 10)", first.Output, StringComparison.Ordinal);
        Assert.Contains("SkyClassifier: calibration: top5_accuracy 1, expected_calibration_error 0", first.Output, StringComparison.Ordinal);
        Assert.Contains("images    top-5  calibration error", first.Output, StringComparison.Ordinal);
        Assert.Contains("SkyClassifier: wrote sky.npz", first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", first.Output.Replace("0 Warning", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("random_erasing", File.ReadAllText(consumer.Lock), StringComparison.Ordinal);
        Assert.Contains("SamplePlugin.dll", File.ReadAllText(consumer.Lock), StringComparison.Ordinal);
        Assert.Equal(1, Figures().GetProperty("top5_accuracy").GetDouble());
        Assert.Single(Directory.GetFiles(consumer.App, "reliability.svg", SearchOption.AllDirectories));
        ExportHasTheWeights();
        NothingOfThePluginIsInTheOutput();
        CommandResult run = DotNet.Run(consumer.App, "run", "--no-build", "--", "pictures/2, evening.png", "pictures/3.png").Succeeded();
        Assert.Equal(["2, evening.png: Red", "3.png: Blue"], run.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

        CommandResult second = consumer.Build(consumer.Spec, "-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: up to date, sky.safetensors", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("calibration:", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sky.npz", second.Output, StringComparison.Ordinal);

        byte[] weights = File.ReadAllBytes(consumer.Weights);
        CommandResult third = consumer.Build(With("bins = 10", "bins = 3"), "-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: calibration: top5_accuracy 1", third.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch", third.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sky.npz", third.Output, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(consumer.Weights));
    }

    [Fact]
    public void An_export_is_copied_by_the_project_written_again_without_training_and_removed_with_the_weights()
    {
        consumer.Reset();
        // The target of docs/build.md.
        string targets = Path.Combine(consumer.App, "Directory.Build.targets");
        File.WriteAllText(targets, $"<Project>\n{SamplePluginConsumer.Target("CopyExports")}</Project>\n");
        try
        {
            consumer.Build(consumer.Spec, "-p:TrainModel=true").Succeeded();
            byte[] archive = File.ReadAllBytes(consumer.Archive);
            string copy = Path.Combine(consumer.Output, "models/sky.npz");
            Assert.Equal(archive, File.ReadAllBytes(copy));

            File.Delete(consumer.Archive);
            CommandResult plain = consumer.Build(consumer.Spec).Succeeded();
            Assert.DoesNotContain("sky.npz", plain.Output, StringComparison.Ordinal);
            Assert.False(File.Exists(consumer.Archive));

            CommandResult again = consumer.Build(consumer.Spec, "-p:TrainModel=true").Succeeded();
            Assert.Contains("SkyClassifier: wrote sky.npz", again.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("epoch", again.Output, StringComparison.Ordinal);
            Assert.Equal(archive, File.ReadAllBytes(consumer.Archive));

            DotNet.Run(consumer.App, "clean", "--tl:off").Succeeded();
            Assert.True(File.Exists(consumer.Archive));
            CommandResult list = consumer.Build(consumer.Spec, "-t:ListModelExports").Succeeded();
            Assert.Contains($"npz {consumer.Archive}", list.Output, StringComparison.Ordinal);

            consumer.Build(consumer.Spec, "-t:CleanModel").Succeeded();
            Assert.False(File.Exists(consumer.Archive));
            Assert.False(File.Exists(consumer.Weights));
        }
        finally
        {
            File.Delete(targets);
        }
    }

    // The change, and the position of the error, which the compiler finds without training.
    [Theory]
    [InlineData("probability = 0.25", "probabilty = 0.25", "probabilty", "MSPEC0002", "Did you mean 'probability'?")]
    [InlineData("bins = 10", "bins = 0", "0\n\n[[export]]", "MSPEC0005", "'bins'")]
    [InlineData("format = \"npz\"", "format = \"npy\"", "\"npy\"", "MSPEC0006", "Did you mean 'npz'?")]
    [InlineData("path   = \"file\"", "path   = 3", "3\nlabel", "MSPEC0004", "'path'")]
    public void A_mistake_is_an_error_at_its_place_without_training(string old, string replacement, string place, string code, string message)
    {
        string spec = With(old, replacement);

        CommandResult build = consumer.Build(spec).Failed();

        string before = spec[..spec.IndexOf(place, StringComparison.Ordinal)];
        Assert.Matches(
            $@"sky\.modelspec\({before.Count(static c => c == '\n') + 1},{before.Length - before.LastIndexOf('\n')}(,\d+,\d+)?\): error {code}: .*{System.Text.RegularExpressions.Regex.Escape(message)}",
            build.Output);
    }

    [Fact]
    public void An_error_of_the_importer_is_an_error_of_the_build_at_its_key()
    {
        string spec = With("label  = \"species\"", "label  = \"kind\"");

        CommandResult build = consumer.Build(spec, "-p:TrainModel=true").Failed();

        int line = spec[..spec.IndexOf("\"kind\"", StringComparison.Ordinal)].Count(static c => c == '\n') + 1;
        Assert.Contains($"sky.modelspec({line},10): error MSPEC3050: The CSV file has no column 'kind', but species, file.", build.Output, StringComparison.Ordinal);
    }

    private string With(string old, string replacement)
    {
        Assert.Contains(old, consumer.Spec, StringComparison.Ordinal);
        return consumer.Spec.Replace(old, replacement, StringComparison.Ordinal);
    }

    private JsonElement Figures()
    {
        string file = Assert.Single(Directory.GetFiles(consumer.App, "calibration.json", SearchOption.AllDirectories));
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.Clone();
    }

    private void ExportHasTheWeights()
    {
        IReadOnlyDictionary<string, NpyValues> arrays = Npz.Read(File.ReadAllBytes(consumer.Archive));
        byte[] file = File.ReadAllBytes(consumer.Weights);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        JsonProperty[] tensors = [.. json.RootElement.EnumerateObject().Where(static entry => entry.Name != "__metadata__")];
        Assert.Equal(tensors.Select(static tensor => tensor.Name).Order(), arrays.Keys.Order());
        foreach (JsonProperty tensor in tensors)
        {
            Assert.Equal("F32", tensor.Value.GetProperty("dtype").GetString());
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(static n => n.GetInt64()), arrays[tensor.Name].Shape);
            int[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(static n => n.GetInt32())];
            byte[] exported = [.. arrays[tensor.Name].Values.SelectMany(static value => BitConverter.GetBytes(value))];
            Assert.Equal(file[(8 + header + offsets[0])..(8 + header + offsets[1])], exported);
        }
    }

    private void NothingOfThePluginIsInTheOutput()
    {
        string[] names = [.. Directory.GetFiles(consumer.Output, "*", SearchOption.AllDirectories).Select(static file => Path.GetFileName(file)!)];
        Assert.Contains("PluginApp.dll", names);
        Assert.DoesNotContain(names, static name =>
            name.StartsWith("SamplePlugin", StringComparison.Ordinal) || name.StartsWith("FineTune.Pipeline", StringComparison.Ordinal)
            || name.StartsWith("McMaster", StringComparison.Ordinal) || name.StartsWith("CsvHelper", StringComparison.Ordinal));
        string dependencies = File.ReadAllText(Path.Combine(consumer.Output, "PluginApp.deps.json"));
        Assert.DoesNotContain("SamplePlugin", dependencies, StringComparison.Ordinal);
        Assert.DoesNotContain("FineTune.Pipeline", dependencies, StringComparison.Ordinal);
    }
}
