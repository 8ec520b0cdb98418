using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Cuda;
using FineTune.Training.Data;
using FineTune.Training.Locks;
using FineTune.Training.Weights;
using ModelSpec.Locks;
using static TorchSharp.torch;

namespace Training.Tests.Cuda;

/// <summary>libtorch has the settings in a build without CUDA, too, so that they can be set and read here.</summary>
public sealed class CudaSettingsTests : IDisposable
{
    static CudaSettingsTests() => NativeLibraries.Load();

    public void Dispose()
    {
        LibTorchContext.SetDeterministic(false);
        backends.cuda.matmul.allow_tf32 = false;
        backends.cudnn.allow_tf32 = true;
    }

    [Fact]
    public void The_defaults_are_deterministic_and_without_TF32()
    {
        CudaSettings.Default.Apply();

        Assert.True(LibTorchContext.IsDeterministic);
        Assert.False(LibTorchContext.FillsMemory);
        Assert.False(backends.cuda.matmul.allow_tf32);
        // libtorch's own default is to use it in convolutions.
        Assert.False(backends.cudnn.allow_tf32);
    }

    [Fact]
    public void Both_can_be_changed()
    {
        CudaSettings.Default.Apply();

        new CudaSettings(Deterministic: false, Tf32: true).Apply();

        Assert.False(LibTorchContext.IsDeterministic);
        Assert.True(backends.cuda.matmul.allow_tf32);
        Assert.True(backends.cudnn.allow_tf32);
    }

    [Fact]
    public void The_workspace_of_cuBLAS_is_set_in_the_environment_that_libtorch_reads()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only there, it can be set after the start of the process");
        Assert.SkipUnless(Environment.GetEnvironmentVariable(CudaSettings.WorkspaceVariable) is null, "it is set already");

        CudaSettings.Default.Apply();

        Assert.Equal(CudaSettings.Workspace, CEnvironment.Get(CudaSettings.WorkspaceVariable));
    }

    [Fact]
    public void On_a_CPU_no_setting_is_an_input_of_a_training()
    {
        using var project = new TinyProject();

        Assert.Equal(Inputs(project, "cpu", null), Inputs(project, "cpu", new CudaSettings(Deterministic: false, Tf32: true)));
    }

    [Fact]
    public void On_CUDA_only_what_is_not_the_default_is_an_input_of_a_training()
    {
        using var project = new TinyProject();
        string[] defaults = Inputs(project, "cuda", CudaSettings.Default);

        Assert.Equal(defaults, Inputs(project, "cuda", null));
        Assert.Equal(["environment.deterministic = false", "environment.tf32 = true"],
            Inputs(project, "cuda", new CudaSettings(Deterministic: false, Tf32: true)).Except(defaults));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_lock_records_the_settings(bool deterministic, bool tf32)
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        project.BringUpToDate(spec);
        TrainingLock trained = LockFiles.Read(FineTuningOptions.LockFile(spec), new RecordingLog())!;
        Fact[] settings = [.. Facts(project, "cuda", new CudaSettings(deterministic, tf32)).Where(static fact => fact.Key is "deterministic" or "tf32")];

        TrainingLock read = TrainingLock.Read(new TrainingLock([.. trained.Facts, .. settings]).ToString(), "a.lock").Value!;

        Assert.Equal(new CudaSettings(deterministic, tf32), LockFiles.CudaOf(read));
    }

    private static string[] Inputs(TinyProject project, string device, CudaSettings? cuda) =>
        [.. Facts(project, device, cuda).Select(static fact => $"{fact.Table}.{fact.Key} = {fact.Value}")];

    private static IReadOnlyList<Fact> Facts(TinyProject project, string device, CudaSettings? cuda)
    {
        using var client = new HttpClient();
        var assets = new AssetFolders([], project.Cache);
        var downloader = new Downloader(assets, new RecordingLog(), client);
        var reader = new TrainingInputReader(
            project.Read(), new DatasetLoader(assets, downloader, new RecordingLog()), new PretrainedWeights(assets, downloader), new FileDigests(null), cuda: cuda);
        return reader.Read(device, "fp32", null).Facts;
    }
}
