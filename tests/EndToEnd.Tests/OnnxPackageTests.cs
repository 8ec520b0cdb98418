using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>A project that references FineTune.Build.Onnx: its class runs on ONNX Runtime, and libtorch is the trainer's alone.</summary>
public sealed class OnnxPackageTests : IClassFixture<OnnxConsumer>
{
    private readonly OnnxConsumer _consumer;

    public OnnxPackageTests(OnnxConsumer consumer)
    {
        _consumer = consumer;
        consumer.Torch.Reset();
        consumer.Reset();
    }

    [Fact]
    public void It_trains_the_same_weights_as_on_torch_and_gives_the_same_answers()
    {
        CommandResult trained = _consumer.Build("-p:TrainModel=true").Succeeded();
        Assert.Contains("Restoring libtorch ", trained.Output, StringComparison.Ordinal);
        Assert.Contains("SkyClassifier: learn epoch 30/30, loss", trained.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", trained.Output.Replace("0 Warning", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["sky.onnx"], _consumer.Resources());

        Directory.Delete(_consumer.Torch.Cache, recursive: true);
        _consumer.Torch.Build("-p:TrainModel=true").Succeeded();
        Assert.Equal(File.ReadAllBytes(_consumer.Torch.Weights), File.ReadAllBytes(_consumer.Weights));
        IReadOnlyList<Answer> expected = Answers(_consumer.Torch.Assembly), actual = Answers(Path.Combine(_consumer.Output, "App.dll"));
        Assert.Equal(expected.Select(static a => a.Label), actual.Select(static a => a.Label));
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5));
    }

    [Fact]
    public void Neither_its_packages_nor_its_output_have_anything_of_torch()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();

        string[] packages = _consumer.Packages();
        Assert.Contains("Microsoft.ML.OnnxRuntime", packages);
        Assert.DoesNotContain(packages, IsOfTorch);
        string[] files = [.. Directory.EnumerateFiles(_consumer.Output, "*", SearchOption.AllDirectories).Select(Path.GetFileName)!];
        Assert.Contains("libonnxruntime.so", files);
        Assert.DoesNotContain(files, IsOfTorch);
        Assert.DoesNotContain("Torch", File.ReadAllText(Path.Combine(_consumer.Output, "App.deps.json")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_clone_with_weights_and_lock_embeds_the_model_without_the_trainers_packages()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] model = File.ReadAllBytes(_consumer.Model);
        foreach (string folder in (string[])[_consumer.Torch.Cache, _consumer.Output, _consumer.Intermediate, _consumer.TrainerProject]) Directory.Delete(folder, recursive: true);

        CommandResult build = _consumer.Build().Succeeded();

        Assert.DoesNotContain("Restoring libtorch", build.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_consumer.TrainerProject));
        Assert.Equal(["sky.onnx"], _consumer.Resources());
        Assert.Equal(model, File.ReadAllBytes(_consumer.Model));
        Assert.Equal("Red", Answers(Path.Combine(_consumer.Output, "App.dll"))[0].Label);
        // CI asks whether the lock is kept to. It trains nothing, so it needs none of them either.
        _consumer.Build("-p:ModelSpecLocked=true").Succeeded();
        Assert.False(Directory.Exists(_consumer.TrainerProject));
    }

    [Fact]
    public void A_build_with_nothing_to_do_starts_nothing_and_a_second_training_restores_nothing()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();

        CommandResult build = _consumer.Build("-v:d").Succeeded();
        Assert.Contains("Skipping target \"_FineTuneMakeOnnxModel\" because all output files are up-to-date", build.Output, StringComparison.Ordinal);
        Assert.Contains("Skipping target \"CoreCompile\" because all output files are up-to-date", build.Output, StringComparison.Ordinal);
        foreach (string task in (string[])["RunTrainer", "FindText", "AdaptNativeLibraries"])
        {
            Assert.DoesNotContain($"Task \"{task}\"", build.Output, StringComparison.Ordinal);
        }

        CommandResult again = _consumer.Build("-p:TrainModel=true").Succeeded();
        Assert.Contains("SkyClassifier: up to date", again.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Restoring libtorch", again.Output, StringComparison.Ordinal);
        // What was restored is looked at, not only the list of it.
        string list = Assert.Single(Directory.GetFiles(_consumer.TrainerProject, "directories.*.txt"));
        File.AppendAllText(list, Path.Combine(_consumer.App, "gone") + "\n");
        Assert.Contains("Restoring libtorch", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_design_time_build_starts_nothing()
    {
        CommandResult build = _consumer.Build("-p:TrainModel=true", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-t:Compile").Succeeded();

        Assert.DoesNotContain("SkyClassifier", build.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_consumer.TrainerProject));
        Assert.False(File.Exists(_consumer.Weights));
    }

    [Fact]
    public void Packages_of_the_trainer_that_no_feed_has_are_one_clear_error()
    {
        CommandResult build = _consumer.Build("-p:TrainModel=true", "-p:FineTuneLibTorchVersion=9.9.9").Failed();

        Assert.Contains("error NU1102: Unable to find package libtorch-cpu-", build.Output, StringComparison.Ordinal);
        Assert.Matches("App\\.csproj : error MSPEC3077: The trainer needs libtorch 9\\.9\\.9 .*NuGet\\.config.*LibTorchDir", build.Output);
        Assert.False(File.Exists(_consumer.Weights));
    }

    // The backend, and the packages of libtorch that the trainer gets for it.
    [Theory]
    [InlineData("cpu", "libtorch-cpu-linux-x64", "TorchSharp")]
    [InlineData("cuda", "TorchSharp", "TorchSharp-cuda-linux")]
    [InlineData("none", "TorchSharp")]
    public void The_backend_decides_on_the_trainers_packages(string backend, params string[] packages)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the packages are those for Linux");
        _consumer.Build("-p:TrainModel=true", "-t:_FineTuneWriteTrainerProject").Succeeded();

        CommandResult result = DotNet.Run(_consumer.TrainerProject, "msbuild", "Trainer.proj", "-getItem:PackageReference", $"-p:TorchBackend={backend}").Succeeded();

        using JsonDocument json = JsonDocument.Parse(result.StandardOutput);
        var references = json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Where(static item => IsOfTorch(item.GetProperty("Identity").GetString())).ToList();
        Assert.Equal(packages, references.Select(static item => item.GetProperty("Identity").GetString()!).Order(StringComparer.OrdinalIgnoreCase));
        Assert.All(references, static item => Assert.NotEqual("", item.GetProperty("Version").GetString()));
    }

    [Fact]
    public void An_app_on_torch_that_exports_to_ONNX_gets_ONNX_Runtime_for_its_trainer_alone()
    {
        _consumer.Torch.Write("App/sky.modelspec", PackageConsumer.Spec + "\n\n[[export]]\nformat = \"onnx\"\n");

        CommandResult build = _consumer.Torch.Build("-p:TrainModel=true").Succeeded();

        Assert.Contains("Restoring ONNX Runtime ", build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("libtorch-cpu", File.ReadAllText(Path.Combine(_consumer.Torch.App, "obj/finetune/trainer/obj/project.assets.json")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_consumer.Torch.App, "sky.onnx")));
        Assert.DoesNotContain("onnxruntime", File.ReadAllText(Path.Combine(_consumer.Torch.App, "bin/Debug/net10.0/App.deps.json")), StringComparison.OrdinalIgnoreCase);
        File.Delete(Path.Combine(_consumer.Torch.App, "sky.onnx"));
    }

    [Fact]
    public void What_the_command_line_says_about_the_app_does_not_reach_the_trainers_packages()
    {
        // The app has no lock file of packages, so only a project that takes these for its own can mind.
        CommandResult build = _consumer.Build(
            "-p:TrainModel=true", "-p:OutDir=elsewhere/", "-p:PublishAot=true", "-p:RestoreLockedMode=true", "-p:ManagePackageVersionsCentrally=false", "-warnaserror").Succeeded();

        Assert.Contains("SkyClassifier: wrote ", build.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_consumer.App, "elsewhere/App.dll")));
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(_consumer.App, "elsewhere")), static file => IsOfTorch(Path.GetFileName(file)));
        Directory.Delete(Path.Combine(_consumer.App, "elsewhere"), recursive: true);
    }

    [Fact]
    public void Two_target_frameworks_share_what_is_restored_for_the_trainer()
    {
        foreach (string file in (string[])["sky.modelspec", "tiny.backbone", "Program.cs"])
        {
            _consumer.Torch.Write("OnnxBoth/" + file, File.ReadAllText(Path.Combine(_consumer.App, file)));
        }
        _consumer.Torch.Write("OnnxBoth/App.csproj", _consumer.Torch.Project("FineTune.Build.Onnx").Replace(
            "<TargetFramework>net10.0</TargetFramework>",
            "<TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks><EnableWindowsTargeting>true</EnableWindowsTargeting><DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>",
            StringComparison.Ordinal));

        CommandResult build = DotNet.Run(Path.Combine(_consumer.Torch.Root, "OnnxBoth"), "build", "--tl:off", "-m", "-p:TrainModel=true").Succeeded();

        Assert.Single(System.Text.RegularExpressions.Regex.Matches(build.Output, "learn epoch 30/30"));
        foreach (string framework in (string[])["net10.0", "net10.0-windows"])
        {
            string assembly = Path.Combine(_consumer.Torch.Root, "OnnxBoth/bin/Debug", framework, "App.dll");
            Assert.Equal(["sky.onnx"], System.Reflection.Assembly.Load(File.ReadAllBytes(assembly)).GetManifestResourceNames());
        }
    }

    [Fact]
    public void Weights_that_are_not_those_of_the_lock_make_no_model()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] right = File.ReadAllBytes(_consumer.Weights), wrong = [.. right];
        wrong[^1] ^= 1;
        File.WriteAllBytes(_consumer.Weights, wrong);

        Assert.Matches(@"sky\.modelspec.*: warning MSPEC3013: 'sky\.safetensors' is not the file that the lock records", _consumer.Build().Succeeded().Output);
        Assert.Empty(_consumer.Resources());

        File.WriteAllBytes(_consumer.Weights, right);
        _consumer.Build().Succeeded();
        Assert.Equal(["sky.onnx"], _consumer.Resources());

        DotNet.Run(_consumer.App, "clean").Succeeded();
        Assert.False(File.Exists(_consumer.Model));
        Assert.Equal(right, File.ReadAllBytes(_consumer.Weights));

        _consumer.Build("-t:CleanModel").Succeeded();
        Assert.Matches("warning MSPEC3001: .*-p:TrainModel=true", _consumer.Build().Succeeded().Output);
        Assert.Empty(_consumer.Resources());
        CommandResult run = DotNet.Run(_consumer.App, "exec", Path.Combine(_consumer.Output, "App.dll")).Failed();
        Assert.Contains("was built without trained weights for SkyClassifier", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_other_classes_are_not_embedded_without_a_word()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        _consumer.Write("sky.modelspec", OnnxConsumer.Spec.Replace("[\"red\", \"blue\"]", "[\"blue\", \"red\"]", StringComparison.Ordinal));

        Assert.Matches(@"sky\.modelspec\(3,11\): error MSPEC3028: .*\[model\] classes changed", _consumer.Build().Failed().Output);
    }

    [Fact]
    public void A_lower_precision_is_embedded_from_the_file_beside_the_spec_if_it_is_of_the_same_weights()
    {
        _consumer.Build("-p:TrainModel=true").Succeeded();
        byte[] model = File.ReadAllBytes(_consumer.Model);
        string exported = Path.Combine(_consumer.App, "sky.int8.onnx");

        Assert.Matches(@"error MSPEC3078: ModelSpecOnnxPrecision=int8 needs 'sky\.int8\.onnx' beside the spec.*\[\[export\]\]", _consumer.Build("-p:ModelSpecOnnxPrecision=int8").Failed().Output);

        // The build does not look at the numbers, so a file of the other precision will do.
        File.WriteAllBytes(exported, model);
        _consumer.Build("-p:ModelSpecOnnxPrecision=int8").Succeeded();
        Assert.Equal(["sky.onnx"], _consumer.Resources());
        Assert.Equal(model, File.ReadAllBytes(_consumer.Model));

        byte[] digest = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_consumer.Weights))));
        model.AsSpan()[model.AsSpan().IndexOf(digest)..][..digest.Length].Fill((byte)'0');
        File.WriteAllBytes(exported, model);
        Assert.Matches(@"error MSPEC3078: 'sky\.int8\.onnx' was made of other weights than 'sky\.safetensors'", _consumer.Build("-p:ModelSpecOnnxPrecision=int8").Failed().Output);

        _consumer.Build().Succeeded();
        Assert.Equal(["sky.onnx"], _consumer.Resources());
    }

    // The property, which package the project references, the code, and what the message names.
    [Theory]
    [InlineData("-p:ModelSpecRuntime=onnx", false, "MSPEC3075", "\"FineTune.Build.Onnx\"")]
    [InlineData("-p:ModelSpecRuntime=torch", true, "MSPEC3075", "\"FineTune.Build\"")]
    [InlineData("-p:ModelSpecRuntime=caffe", true, "MSPEC3076", "'torch'")]
    [InlineData("-p:ModelSpecOnnxPrecision=int4", true, "MSPEC3079", "'int8'")]
    public void A_property_that_does_not_fit_is_one_error_before_anything_is_compiled(string property, bool isOnnx, string code, string named)
    {
        CommandResult build = (isOnnx ? _consumer.Build(property) : _consumer.Torch.Build(property)).Failed();

        Assert.Contains($"App.csproj : error {code}: ", build.Output, StringComparison.Ordinal);
        Assert.Contains(named, build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("error CS", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_on_torch_and_an_app_on_ONNX_Runtime_have_their_own_engines()
    {
        string project = _consumer.Torch.Project("FineTune.Build").Replace("<OutputType>Exe</OutputType>", "<RootNamespace>Library</RootNamespace>", StringComparison.Ordinal);
        _consumer.Torch.Write("Mixed/Library/Library.csproj", project);
        _consumer.Torch.Write("Mixed/App/App.csproj", _consumer.Torch.Project("FineTune.Build.Onnx").Replace(
            "</ItemGroup>", "<ProjectReference Include=\"../Library/Library.csproj\" /></ItemGroup>", StringComparison.Ordinal));
        foreach (string folder in (string[])["Library", "App"])
        {
            _consumer.Torch.Write($"Mixed/{folder}/tiny.backbone", PackageConsumer.Backbone);
            _consumer.Torch.Write($"Mixed/{folder}/sky.modelspec", PackageConsumer.Spec);
        }
        _consumer.Torch.Write("Mixed/App/Program.cs", """
            foreach (Type type in (Type[])[typeof(App.SkyClassifier), typeof(Library.SkyClassifier)]) Console.WriteLine(type.BaseType!.Assembly.GetName().Name);
            """);

        CommandResult run = DotNet.Run(Path.Combine(_consumer.Torch.Root, "Mixed/App"), "run").Succeeded();

        string[] lines = run.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["FineTune.Runtime.Onnx", "FineTune.Runtime.Torch"], lines[^2..]);
    }

    [Fact]
    public void Published_it_is_a_tenth_of_the_app_on_torch()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the runtime identifier of this test is linux-x64");
        _consumer.Build("-p:TrainModel=true").Succeeded();
        string onnx = _consumer.Publish("published-onnx", "--no-self-contained");
        string torch = Path.Combine(_consumer.Torch.Root, "published-torch");
        DotNet.Run(_consumer.Torch.App, "publish", "--tl:off", "-r", "linux-x64", "--no-self-contained", "-o", torch).Succeeded();
        DotNet.Run(_consumer.Torch.App, "restore").Succeeded();

        TestContext.Current.SendDiagnosticMessage($"published: {Size(onnx)} bytes on ONNX Runtime, {Size(torch)} bytes on torch");
        Assert.DoesNotContain(Directory.GetFiles(onnx), static file => IsOfTorch(Path.GetFileName(file)));
        Assert.InRange(Size(onnx), 0, 60_000_000);
        Assert.InRange(Size(torch), 10 * Size(onnx), long.MaxValue);
        Directory.Delete(torch, recursive: true);
        Assert.Equal(["Red", "Blue"], AnswersOf(Path.Combine(onnx, "App")).Take(2).Select(static a => a.Label));
    }

    // How it is published, and whether that needs a linker of the system.
    [Theory]
    [InlineData("single", false, "--no-self-contained", "-p:PublishSingleFile=true")]
    [InlineData("trimmed", false, "--self-contained", "-p:PublishTrimmed=true")]
    [InlineData("native", true, "-p:PublishAot=true")]
    public void However_it_is_published_it_answers_the_same(string name, bool needsLinker, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the runtime identifier of this test is linux-x64");
        Assert.SkipWhen(needsLinker && !HasLinker(), "native compilation needs clang or gcc");
        _consumer.Build("-p:TrainModel=true").Succeeded();
        IReadOnlyList<Answer> expected = Answers(Path.Combine(_consumer.Output, "App.dll"));

        string published = _consumer.Publish("published-" + name, arguments);

        if (name != "trimmed") Assert.False(File.Exists(Path.Combine(published, "App.dll")));
        Assert.Equal(expected, AnswersOf(Path.Combine(published, "App")));
    }

    /// <summary>An answer and its confidence.</summary>
    private sealed record Answer(string Label, double Score);

    private IReadOnlyList<Answer> Answers(string assembly) => Parse(DotNet.Run(_consumer.App, ["exec", assembly, .. Pictures]));

    private IReadOnlyList<Answer> AnswersOf(string program) => Parse(DotNet.RunCommand(program, _consumer.App, Pictures));

    private string[] Pictures =>
        ["--scores", .. ((string[])["red/3", "blue/4", "red/19", "blue/19"]).Select(name => Path.Combine(_consumer.Torch.App, "pictures", name + ".png"))];

    private static IReadOnlyList<Answer> Parse(CommandResult run) =>
        [.. run.Succeeded().StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static line => line.Split(' ')).Select(static words => new Answer(words[1], double.Parse(words[2], CultureInfo.InvariantCulture)))];

    private static bool IsOfTorch(string? name) =>
        name is not null && (name.Contains("torch", StringComparison.OrdinalIgnoreCase) || name.StartsWith("libc10", StringComparison.Ordinal));

    private static long Size(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(static file => new FileInfo(file).Length);

    private static bool HasLinker() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(static folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc")));
}
