using System.Reflection;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.Processors;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Plugins;

public class ProcessorTests
{
    private const string Erase = "[[processor]]\nname = \"erase\"\nprobability = 1\n\n";

    [Fact]
    public void What_happens_to_an_image_depends_on_its_number_its_version_and_the_seed_whatever_else_is_in_the_batch()
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project);
        using Tensor pixels = full([4, 16, 16, 3], 100.0f);

        float[] inOrder = Apply(spec, pixels, [0, 1, 2, 3], [5, 5, 5, 6], stage: 1);
        float[] reversed = Apply(spec, pixels, [3, 2, 1, 0], [6, 5, 5, 5], stage: 1);

        Assert.Equal(inOrder, reversed.Chunk(16 * 16 * 3).Reverse().SelectMany(static image => image));
        Assert.Equal(inOrder, Apply(Read(project), pixels, [0, 1, 2, 3], [5, 5, 5, 6], stage: 1));
        Assert.NotEqual(inOrder, Apply(spec, pixels, [0, 1, 2, 3], [6, 6, 6, 7], stage: 1));
        Assert.NotEqual(inOrder, Apply(spec, pixels, [0, 1, 2, 3], [5, 5, 5, 6], stage: 2));
        Assert.NotEqual(inOrder, Apply(Read(project, ("seed = 7", "seed = 8")), pixels, [0, 1, 2, 3], [5, 5, 5, 6], stage: 1));
    }

    [Fact]
    public void A_processor_that_is_there_twice_draws_other_numbers_the_second_time()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        // Adds a random number to the first pixel.
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new X());", Processor("pixels[0] += (float)context.Random.NextDouble();"));
        PartRegistry parts = PluginCompiler.Load($"{plugin}|processor:other");
        using Tensor pixels = zeros([1, 16, 16, 3]);

        float once = Apply(Read(project, parts, "[[processor]]\nname = \"other\"\n\n"), pixels, [0], [1], stage: 0)[0];
        float twice = Apply(Read(project, parts, "[[processor]]\nname = \"other\"\n\n[[processor]]\nname = \"other\"\n\n"), pixels, [0], [1], stage: 0)[0];

        Assert.True(once > 0 && twice > once);
        Assert.NotEqual(once, twice - once);
    }

    [Fact]
    public void The_same_seed_trains_the_same_bytes_and_another_probability_others()
    {
        using var project = new TinyProject();

        byte[] first = project.Train(Read(project));
        byte[] second = project.Train(Read(project));
        byte[] other = project.Train(Read(project, ("probability = 1", "probability = 0")));
        byte[] without = project.Train(project.Read());

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, without);
    }

    [Fact]
    public void With_views_each_version_of_each_image_is_processed_once_for_all_epochs_and_stages()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        string plugin = PluginCompiler.Plugin(
            folder, "Other", "pipeline.Add(new X());",
            Processor("Interlocked.Increment(ref Calls.Count);") + "public static class Calls { public static int Count; }");
        PartRegistry parts = PluginCompiler.Load($"{plugin}|processor:other");
        FieldInfo count = parts.Find<FineTune.Pipeline.IImageProcessor>("other").Part.GetType().Assembly.GetType("Calls")!.GetField("Count")!;

        project.Train(Read(project, parts, "[data.augment]\nviews = 2\n\n[[processor]]\nname = \"other\"\n\n"));
        int withViews = (int)count.GetValue(null)!;
        project.Train(Read(project, parts, "[[processor]]\nname = \"other\"\n\n"));

        Assert.Equal(2 * 24, withViews);
        // Two stages of three epochs.
        Assert.Equal(2 * 3 * 24, (int)count.GetValue(null)! - withViews);
    }

    [Fact]
    public void A_changed_key_trains_again_and_says_so()
    {
        using var project = new TinyProject();
        project.Train(Read(project));
        var log = new RecordingLog();

        project.BringUpToDate(Read(project, ("probability = 1", "probability = 0.25")), log);

        Assert.Contains(log.Lines, static line => line.EndsWith("trains, as [[processor]] 1 probability changed 1 → 0.25", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throw new FormatException(\"No.\");", "MSPEC3057")]
    [InlineData("pixels[3] = float.NaN;", "MSPEC3059")]
    [InlineData("context.Random.NextWhole(0);", "MSPEC3057")]
    public void A_processor_that_fails_is_an_error_that_names_it(string body, string code)
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject();
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new X());", Processor(body));

        Diagnostic diagnostic = project.TrainAndFail(Read(project, PluginCompiler.Load($"{plugin}|processor:other"), "[[processor]]\nname = \"other\"\n\n"));

        Assert.Equal(code, diagnostic.Descriptor.Code);
        Assert.Contains("processor 'other' of the plugin Other.dll", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal((11, 8), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void The_lock_records_plugins_with_the_parts_that_were_used_and_their_revisions()
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project);
        project.Train(spec);

        string text = File.ReadAllText(project.Lock);
        string digest = spec.Parts.Find<FineTune.Pipeline.IImageProcessor>("erase").Plugin.Digest!;
        Assert.Contains($"[[plugins]]\ndigest = \"{digest}\"\nfile = \"TestPlugin.dll\"\nparts = [\"processor erase 1\"]\n", text, StringComparison.Ordinal);
        Assert.Contains("[[processor]]\nname = \"erase\"\nprobability = 1\nrevision = 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugin_that_is_another_file_trains_nothing_again_and_verify_tells()
    {
        using var project = new TinyProject();
        project.Train(Read(project));
        string digest = Read(project).Parts.Find<FineTune.Pipeline.IImageProcessor>("erase").Plugin.Digest!;
        string other = Digest.Of("another assembly");
        File.WriteAllText(project.Lock, File.ReadAllText(project.Lock).Replace(digest, other, StringComparison.Ordinal));
        var log = new RecordingLog();

        project.BringUpToDate(Read(project), log);

        Assert.StartsWith("TinyClassifier: up to date", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Contains(other, File.ReadAllText(project.Lock), StringComparison.Ordinal);
        string[] arguments =
            [project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--cache", project.Cache, "--plugin", $"{PluginCompiler.TestPlugin}|{PluginCompiler.TestProvides}"];
        Assert.Equal(1, new VerifyCommand().Parse(arguments).Invoke());
        File.WriteAllText(project.Lock, File.ReadAllText(project.Lock).Replace(other, digest, StringComparison.Ordinal));
        Assert.Equal(0, new VerifyCommand().Parse(arguments).Invoke());
    }

    [Fact]
    public void An_evaluator_that_is_added_gets_into_the_lock_and_out_of_it_without_training()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string before = File.ReadAllText(project.Lock);

        project.BringUpToDate(Read(project, PluginCompiler.WithTestPlugin(), "[[evaluator]]\nname = \"top\"\n\n"));
        string with = File.ReadAllText(project.Lock);
        project.BringUpToDate(project.Read());

        Assert.Contains("parts = [\"evaluator top 1\"]", with, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(project.Lock));
    }

    private static float[] Apply(SpecSource spec, Tensor pixels, long[] images, long[] versions, int stage)
    {
        using Tensor result = new ImageProcessing(spec, TestContext.Current.CancellationToken).Apply(pixels, images, versions, stage);
        return result.data<float>().ToArray();
    }

    private static SpecSource Read(TinyProject project, params (string Old, string New)[] changes) =>
        project.Read(PluginCompiler.WithTestPlugin(), [("[backbone]", Erase + "[backbone]"), .. changes]);

    private static SpecSource Read(TinyProject project, PartRegistry parts, string tables) => project.Read(parts, ("[backbone]", tables + "[backbone]"));

    private static string Processor(string body) =>
        "public class X : IImageProcessor { public string Name => \"other\"; public int Revision => 1; "
        + $"public void Process(Span<float> pixels, ProcessContext context) {{ {body} }} }}";
}
