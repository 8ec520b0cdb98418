using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Training.Diagnostics;
using FineTune.Training.Predictions;
using FineTune.Training.Weights;
using static TorchSharp.torch;

namespace FineTune.Training.Commands;

/// <summary><c>finetune explain SPEC FILES…</c>: draws which parts of images the answers come from, as the generated class does.</summary>
internal sealed class ExplainCommand : SpecCommand, IHasExamples
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Argument<string[]> _files = new("files")
    {
        Description = "Images, folders, patterns ('photos/**/*.jpg'), or '-': an image or a list of paths, one a line, on standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _out = new("--out") { Description = "The overlay (.png or .jpg) of one image, or a folder for those of several.", Required = true };
    private readonly Option<string?> _label = new("--label") { Description = "The class that is explained; by default, the answer to each image." };
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "auto" };
    private readonly Func<Stream> _openInput;

    public ExplainCommand()
        : this(Console.OpenStandardInput)
    {
    }

    /// <summary>Makes the command with another standard input.</summary>
    internal ExplainCommand(Func<Stream> openInput)
        : base("explain", "Draws heat maps over images: which parts the network's answers come from.")
    {
        _openInput = openInput;
        Add(_files);
        Add(_out);
        Add(_label);
        Add(_weights);
        Add(_device);
        AddJson();
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples =>
    [
        "finetune explain flowers.modelspec photo.jpg --out overlay.png",
        "finetune explain flowers.modelspec 'photos/**/*.jpg' --out overlays/ --label tulip",
        "finetune explain flowers.modelspec photo.jpg --out overlay.png --json > heat.json",
    ];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        int? label = IndexOf(parse.GetValue(_label), spec);
        NamedImage[] images = [.. new ImageArguments(_openInput).List(parse.GetValue(_files)!)];
        if (images.Length == 0) throw spec.Name.Error(TrainingDiagnostics.NothingToPredict);
        var overlays = OverlayFiles.Choose(parse.GetValue(_out)!, images.Length, spec.Name);
        (Device device, _) = Devices.Choose(parse.GetValue(_device)!, spec.Name);
        using var classifier = SpecClassifier.Load(spec, parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec), device, log);
        List<object> results = [];
        int failed = 0;
        foreach (NamedImage image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            FileExplanation explanation = Explain(classifier, image, label, spec);
            if (explanation.Error is { } error)
            {
                failed++;
                log.Line($"{image.Path}: error {TrainingDiagnostics.CannotPredict.Code}: {error}");
                results.Add(new { file = image.Path, error });
                continue;
            }
            string path = overlays.Write(explanation, spec.Name);
            if (PrintsJson(parse)) results.Add(Result(explanation, path));
            else Console.WriteLine(string.Join('\t', image.Path, Text(explanation.Answer), Text(explanation.Explained), path));
        }
        if (PrintsJson(parse)) Console.WriteLine(JsonSerializer.Serialize(results, Json));
        if (failed > 0) throw spec.Name.Error(TrainingDiagnostics.NotAllPredicted, failed, images.Length);
    }

    private static FileExplanation Explain(SpecClassifier classifier, NamedImage image, int? label, SpecSource spec)
    {
        try
        {
            return FileExplanations.Of(classifier, image, label);
        }
        catch (NotSupportedException e)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotExplain, e.Message);
        }
    }

    private static int? IndexOf(string? label, SpecSource spec)
    {
        if (label is null) return null;
        string[] classes = [.. spec.Network.Classes.Select(static c => c.Text)];
        int index = Array.IndexOf(classes, label);
        return index >= 0 ? index : throw spec.Name.Error(TrainingDiagnostics.NoSuchClass, label, string.Join(", ", classes));
    }

    private static object Result(FileExplanation explanation, string path) => new
    {
        file = explanation.Path,
        label = explanation.Answer.Label,
        confidence = explanation.Answer.Score,
        explained = new { label = explanation.Explained.Label, confidence = explanation.Explained.Score },
        method = HeatMethods.WordOf(explanation.Method),
        heat = new { width = explanation.Heat!.Width, height = explanation.Heat.Height, values = explanation.Heat.Values.ToArray() },
        region = new { left = explanation.Heat.Region.Left, top = explanation.Heat.Region.Top, width = explanation.Heat.Region.Width, height = explanation.Heat.Region.Height },
        overlay = path,
    };

    private static string Text(RankedLabel label) => string.Create(CultureInfo.InvariantCulture, $"{label.Label} {100 * label.Score:0.0}%");
}
