using Browser.Tests;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Workplace))]
// Two browsers at work would only wait for each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Browser.Tests;

/// <summary>A running browser, onnxruntime-web and trained models, which all tests share.</summary>
public sealed class Workplace : IAsyncLifetime
{
    /// <summary>What a slow machine with other work may take for one step, in milliseconds.</summary>
    private const float Patience = 120_000;

    private const int PhotosPerClass = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("finetune-browser").FullName;
    private IPlaywright? _playwright;
    private string? _missing;
    private Task<TrainedModel>? _blossoms, _flowers;

    /// <summary>Where screenshots are kept.</summary>
    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    internal string OnnxRuntimeWebFolder { get; private set; } = "";

    /// <summary>The browser.</summary>
    public IBrowser Browser { get => field ?? throw new InvalidOperationException("no browser was started"); private set; }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        (string? program, _missing) = Chromium.Find();
        if (program is null) return;
        (string? files, _missing) = await OnnxRuntimeWeb.RestoreAsync(Path.Combine(AppContext.BaseDirectory, "npm"));
        if (files is null) return;
        OnnxRuntimeWebFolder = files;
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Timeout = Patience });
    }

    /// <summary>Skips the test where the browser or onnxruntime-web is missing.</summary>
    internal void Require()
    {
        if (_missing is { } reason) Assert.Skip(reason);
    }

    /// <summary>A network for the blossoms of the quick start.</summary>
    internal Task<TrainedModel> BlossomsAsync()
    {
        Require();
        return _blossoms ??= TrainAsync();

        Task<TrainedModel> TrainAsync()
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, "blossoms")).FullName;
            TrainedModel.DrawBlossoms(folder, count: 60);
            string sample = Repository.File("samples", "Quickstart");
            return TrainedModel.TrainAsync(folder, Path.Combine(sample, "blossoms.modelspec"), Path.Combine(sample, "small.backbone"), ("epochs = 4", "epochs = 2"));
        }
    }

    /// <summary>A pretrained network whose head has learnt a few real photos.</summary>
    internal Task<TrainedModel> FlowersAsync()
    {
        Require();
        string photos = RequirePhotos();
        return _flowers ??= TrainAsync();

        Task<TrainedModel> TrainAsync()
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, "flowers")).FullName;
            for (int label = 0; label < FlowersPhotos.Classes; label++)
            {
                string target = Directory.CreateDirectory(Path.Combine(folder, "pictures", Flowers17.FlowerClassifier.Labels[label])).FullName;
                for (int i = 0; i < PhotosPerClass; i++) File.Copy(FlowersPhotos.Of(photos, label, i), Path.Combine(target, $"{i}.jpg"));
            }
            return TrainedModel.TrainAsync(
                folder, Repository.File("samples", "Flowers17", "flowers17-mobilenet.modelspec"), backbone: null, ("source = \"flowers17\"", "source = \"pictures\""));
        }
    }

    /// <summary>The folder with the photos of Flowers-17; the test is skipped where this machine has none.</summary>
    internal static string RequirePhotos()
    {
        string? photos = FlowersPhotos.Find();
        Assert.SkipWhen(photos is null, "no folder of MODELSPEC_ASSETS has flowers17/jpg");
        return photos!;
    }

    /// <summary>Opens a page of its own.</summary>
    internal async Task<IPage> NewPageAsync(BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await Browser.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        return await context.NewPageAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_playwright is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
