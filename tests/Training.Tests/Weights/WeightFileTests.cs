using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.WeightFormats;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;
using static TorchSharp.torch;

namespace Training.Tests.Weights;

/// <summary>Files that PyTorch and h5py wrote: Fixtures/make_fixtures.py says how.</summary>
public class WeightFileTests
{
    private static readonly Dictionary<string, int> Bases = new()
    {
        ["conv1.weight"] = 0,
        ["bn1.weight"] = 200,
        ["bn1.bias"] = 300,
        ["bn1.running_mean"] = 400,
        ["bn1.running_var"] = 500,
        ["conv2.weight"] = 600,
        ["conv2.bias"] = 900,
    };

    static WeightFileTests() => NativeLibraries.Load();

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    [InlineData("checkpoint.pth")]
    [InlineData("double.pth")]
    [InlineData("views.pth")]
    [InlineData("views_legacy.pth")]
    [InlineData("half.safetensors")]
    [InlineData("keras2.h5")]
    [InlineData("keras2_model.h5")]
    [InlineData("keras3.weights.h5")]
    public void Every_format_gives_the_same_state(string file)
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, file);
        using var module = new NetworkModule(spec.Network);

        BackboneWeights.Load(project[file], module, spec);

        IReadOnlyDictionary<string, Tensor> state = FineTune.ModuleState.Of(module);
        foreach ((string key, int first) in Bases)
        {
            float[] values = state[key].data<float>().ToArray();
            // bfloat16 keeps eight significant bits.
            double tolerance = file == "half.safetensors" && key.StartsWith("conv2", StringComparison.Ordinal) ? 4 : 0;
            for (int i = 0; i < values.Length; i++) Assert.Equal(first + i, values[i], tolerance);
        }
    }

    [Theory]
    [InlineData("hostile.pth")]
    [InlineData("hostile_legacy.pth")]
    [InlineData("hostile_plain.pth")]
    public void A_pickle_that_calls_a_function_is_refused_by_its_name_and_nothing_is_run(string file)
    {
        using var project = new TinyProject();
        string before = Directory.GetCurrentDirectory();

        Diagnostic diagnostic = Fail(project, file);

        Assert.Equal("MSPEC2002", diagnostic.Descriptor.Code);
        Assert.Matches(@"'(posix|os|nt)\.system'|magic number", diagnostic.Message);
        Assert.False(File.Exists(Path.Combine(before, "hostile-was-here")));
    }

    [Fact]
    public void Missing_and_extra_tensors_are_all_listed_with_the_nearest_names()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = Fail(project, "renamed.pth");

        Assert.Equal("MSPEC2004", diagnostic.Descriptor.Code);
        Assert.EndsWith(
            "it lacks 'conv1.weight' (has 'convl.weight'), 'bn1.bias'; it also has 'convl.weight', 'bn1.beta'.",
            diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_an_error_with_both_shapes()
    {
        using var project = new TinyProject();
        File.WriteAllText(project["tiny.backbone"], TinyProject.Backbone.Replace("filters = 6", "filters = 5", StringComparison.Ordinal));

        Diagnostic diagnostic = Fail(project, "zip.pth");

        Assert.Equal("MSPEC2003", diagnostic.Descriptor.Code);
        Assert.Contains("'conv2.weight' is [6, 4, 3, 3] in the file, but [5, 4, 3, 3] in the network", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal((12, 11), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    [InlineData("half.safetensors")]
    [InlineData("keras2.h5")]
    [InlineData("keras3.weights.h5")]
    public void A_file_cut_anywhere_is_an_error_and_never_a_crash(string file)
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, file);
        byte[] whole = File.ReadAllBytes(project[file]);
        using var module = new NetworkModule(spec.Network);
        for (int part = 0; part < 16; part++)
        {
            File.WriteAllBytes(project[file], whole[..(whole.Length * part / 16)]);

            Diagnostic diagnostic = Assert.Throws<TrainingException>(() => BackboneWeights.Load(project[file], module, spec)).Diagnostic;

            Assert.Contains(diagnostic.Descriptor.Code, (string[])["MSPEC2002", "MSPEC2004"]);
        }
    }

    [Theory]
    [InlineData("zip.pth")]
    [InlineData("legacy.pth")]
    [InlineData("half.safetensors")]
    public void A_file_with_damaged_bytes_is_read_or_refused_and_never_a_crash(string file)
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, file);
        byte[] whole = File.ReadAllBytes(project[file]);
        using var module = new NetworkModule(spec.Network);
        var random = new SeededRandom(1);
        int refused = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = 0; flips < 3; flips++) damaged[random.Below(damaged.Length)] = (byte)random.Below(256);
            File.WriteAllBytes(project[file], damaged);
            try
            {
                BackboneWeights.Load(project[file], module, spec);
            }
            catch (TrainingException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 400);
    }

    [Fact]
    public void A_pickle_of_something_else_is_an_error()
    {
        using var project = new TinyProject();

        Assert.Contains("no dictionary of tensors", Fail(project, "list.pth").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(("\"none\"", "\"tiny.h5\"")));

        Assert.Equal("MSPEC2001", diagnostic.Descriptor.Code);
    }

    [Fact]
    public void Trained_weights_are_where_another_training_begins()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        SpecSource spec = project.Read(("\"none\"", "\"tiny.safetensors\""));
        using var module = new NetworkModule(spec.Network);

        BackboneWeights.Load(project.Output, module, spec);

        using var trained = new SafetensorsFile(File.OpenRead(project.Output));
        Assert.Equal(trained.Read("conv2.weight"), FineTune.ModuleState.Of(module)["conv2.weight"].data<float>().ToArray());
    }

    private static SpecSource Read(TinyProject project, string file)
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", file), project[file]);
        return project.Read(("\"none\"", $"\"{file}\""));
    }

    private static Diagnostic Fail(TinyProject project, string file)
    {
        SpecSource spec = Read(project, file);
        using var module = new NetworkModule(spec.Network);
        return Assert.Throws<TrainingException>(() => BackboneWeights.Load(project[file], module, spec)).Diagnostic;
    }
}
