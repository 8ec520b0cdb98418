using FineTune.Images;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Plugins;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using SkiaSharp;

namespace Training.Tests;

/// <summary>Collects the messages of a run.</summary>
internal sealed class RecordingLog : IProgressLog
{
    public List<string> Lines { get; } = [];

    public List<Diagnostic> Diagnostics { get; } = [];

    public void Line(string text)
    {
        lock (Lines) Lines.Add(text);
    }

    public void Report(Diagnostic diagnostic)
    {
        lock (Lines) Diagnostics.Add(diagnostic);
    }
}

/// <summary>A folder that is deleted when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("finetune").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], content);
        return this[name];
    }

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>The real data, if this machine has it.</summary>
internal static class RealData
{
    public static AssetFolders Require(string relativePath)
    {
        string[] folders = (Environment.GetEnvironmentVariable("MODELSPEC_ASSETS") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var assets = new AssetFolders(folders, "/nonexistent");
        Assert.SkipWhen(assets.Find(relativePath) is null, $"no folder of MODELSPEC_ASSETS has {relativePath}");
        return assets;
    }
}

/// <summary>A small project: two or more classes of plain pictures, a tiny backbone, and a spec.</summary>
internal sealed class TinyProject : IDisposable
{
    public const string Backbone = """
        name = "tiny"
        input = [16, 16]
        layers = [
          { name = "input", type = "input" },
          { name = "conv1", type = "conv2d", filters = 4, kernel = 3, bias = false },
          { name = "bn1", type = "batch_norm" },
          { name = "relu1", type = "relu" },
          { name = "pool1", type = "max_pool" },
          { name = "conv2", type = "conv2d", filters = 6, kernel = 3, stride = 2, activation = "relu" },
        ]
        """;

    public const string Spec = """
        [model]
        name = "TinyClassifier"
        classes = ["red sky", "green sea"]
        seed = 7

        [data]
        source = "pictures"
        split = { train = 0.75, test = 0.25 }

        [backbone]
        architecture = "tiny"
        weights = "none"

        [head]
        layers = ["global_average_pool", "linear(8)", "relu", "dropout(0.25)", "linear(2)", "softmax"]

        [[stage]]
        name = "warm-up"
        freeze = "backbone"
        epochs = 3
        batch_size = 4
        optimizer = "adam"
        learning_rate = 0.01

        [[stage]]
        name = "fine-tune"
        freeze = "0..4"
        epochs = 3
        batch_size = 4
        optimizer = "sgd"
        learning_rate = 0.01
        momentum = 0.9
        """;

    private readonly TemporaryFolder _folder = new();

    public TinyProject(int images = 16)
    {
        _folder.Write("tiny.backbone", Backbone);
        for (int i = 0; i < images; i++)
        {
            AddPicture($"Red-Sky/{i:00}.png", new SKColor((byte)(200 + i), (byte)(3 * i), 20));
            AddPicture($"green_sea/deep/{i:00}.png", new SKColor(20, (byte)(200 + i), (byte)(3 * i)));
        }
    }

    public static ImageSize Size => new(16, 16);

    public string Root => _folder.Path;

    public string Output => _folder["tiny.safetensors"];

    public string this[string name] => _folder[name];

    public void AddPicture(string name, SKColor color)
    {
        using var bitmap = new SKBitmap(20, 18);
        bitmap.Erase(color);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        // Moved into place as a whole: a training may be reading the file that it replaces.
        string fresh = _folder.Write("picture.fresh", png.ToArray()), path = _folder["pictures/" + name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.Move(fresh, path, overwrite: true);
    }

    public void Write(string name, string content) => _folder.Write(name, content);

    public void Write(string name, byte[] content) => _folder.Write(name, content);

    /// <summary>Reads the spec, with some text replaced.</summary>
    public SpecSource Read(params (string Old, string New)[] changes) => Read(PartRegistry.BuiltIn, changes);

    /// <summary>Reads the spec with parts of plugins, with some text replaced.</summary>
    public SpecSource Read(PartRegistry parts, params (string Old, string New)[] changes)
    {
        string text = Spec;
        foreach ((string old, string replacement) in changes)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }
        (SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(_folder.Write("tiny.modelspec", text), [_folder["tiny.backbone"]], parts);
        Assert.Empty(diagnostics);
        return source!;
    }

    /// <summary>Lists the pictures as the importer of folders does.</summary>
    public static IReadOnlyList<LabeledImage> List(SpecSource spec)
    {
        using var client = new HttpClient();
        var assets = new AssetFolders([], "/nonexistent");
        var log = new RecordingLog();
        return new DatasetLoader(assets, new Downloader(assets, log, client), log).List("pictures", spec);
    }

    public string Lock => _folder["tiny.modelspec.lock"];

    public string Cache => _folder["cache"];

    /// <summary>Trains from the beginning, whatever was trained before.</summary>
    public byte[] Train(SpecSource spec, IProgressLog? log = null, string precision = "auto", long? memory = null)
    {
        File.Delete(Lock);
        if (Directory.Exists(Cache)) Directory.Delete(Cache, recursive: true);
        return BringUpToDate(spec, log, precision: precision, memory: memory);
    }

    /// <summary>Trains the stages that are out of date.</summary>
    public byte[] BringUpToDate(
        SpecSource spec, IProgressLog? log = null, bool locked = false, string precision = "auto", long? memory = null,
        CancellationToken cancellation = default)
    {
        var options = new FineTuningOptions(Output, "cpu", new AssetFolders([], Cache), IsLocked: locked, Precision: precision, Memory: memory);
        new FineTuning(spec, options, log ?? new RecordingLog()).Run(cancellation);
        return File.ReadAllBytes(Output);
    }

    /// <summary>The name of the last stage in the cache: its fingerprint.</summary>
    public string LastStage(SpecSource spec)
    {
        using var client = new HttpClient();
        var assets = new AssetFolders([], Cache);
        var downloader = new Downloader(assets, new RecordingLog(), client);
        var reader = new TrainingInputReader(spec, new DatasetLoader(assets, downloader, new RecordingLog()), new PretrainedWeights(assets, downloader), new FileDigests(null));
        return Digest.Hex(reader.Read("cpu", "fp32", null).Fingerprint);
    }

    /// <summary>Trains and expects an error.</summary>
    public Diagnostic TrainAndFail(SpecSource spec)
    {
        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Train(spec)).Diagnostic;
        Assert.False(File.Exists(Output), "a weight file was left");
        Assert.Empty(Directory.GetFiles(Root, "*.tmp", SearchOption.AllDirectories));
        return diagnostic;
    }

    public void Dispose() => _folder.Dispose();
}
