using System.CommandLine;
using FineTune.Training.Diagnostics;
using FineTune.Training.Predictions;
using FineTune.Training.Weights;
using Spectre.Console;
using static TorchSharp.torch;

namespace FineTune.Training.Commands;

/// <summary><c>finetune predict SPEC FILES…</c>: the answers of the generated class without an application around it.</summary>
internal sealed class PredictCommand : SpecCommand, IHasExamples
{
    private readonly Argument<string[]> _files = new("files")
    {
        Description = "Images, folders, patterns ('photos/**/*.jpg'), or '-': an image or a list of paths, one a line, on standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; beside the spec by default." };
    private readonly Option<int> _top = new("--top") { Description = "How many classes are printed for each image.", DefaultValueFactory = static _ => 1 };
    private readonly Option<string> _format = new("--format") { Description = "table, json or csv.", DefaultValueFactory = static _ => "table" };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "auto" };
    private readonly Func<Stream> _openInput;

    public PredictCommand()
        : this(Console.OpenStandardInput)
    {
    }

    /// <summary>Makes the command with another standard input.</summary>
    internal PredictCommand(Func<Stream> openInput)
        : base("predict", "Classifies images with the trained weights, as the generated class does.")
    {
        _openInput = openInput;
        _format.AcceptOnlyFromAmong(AnswerWriter.Formats);
        _top.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--top is at least 1.");
        });
        Add(_files);
        Add(_weights);
        Add(_top);
        Add(_format);
        Add(_device);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples =>
    [
        "finetune predict flowers.modelspec photo.jpg --top 3",
        "finetune predict flowers.modelspec 'photos/**/*.jpg' --format csv > answers.csv",
        "find photos -type f -mtime -1 | finetune predict flowers.modelspec - --format json",
        "curl -s https://example.org/photo.jpg | finetune predict flowers.modelspec -",
    ];

    /// <inheritdoc />
    protected override bool KeepsOutputForResult(ParseResult parse) => true;

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        (Device device, _) = Devices.Choose(parse.GetValue(_device)!, spec.Name);
        using var classifier = SpecClassifier.Load(spec, parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec), device, log);
        int top = Math.Min(parse.GetValue(_top), spec.Network.Classes.Count), all = 0, failed = 0;
        IAnsiConsole? terminal = Console.IsOutputRedirected ? null : AnsiConsole.Console;
        IEnumerable<NamedImage> images = new ImageArguments(_openInput).List(parse.GetValue(_files)!);
        using (var writer = AnswerWriter.Create(parse.GetValue(_format)!, Console.Out, terminal, top))
        {
            foreach (FileAnswer answer in FileAnswers.Of(classifier, images, top, cancellation))
            {
                writer.Write(answer);
                all++;
                if (answer.Error is null) continue;
                failed++;
                log.Line($"{answer.Path}: error {TrainingDiagnostics.CannotPredict.Code}: {answer.Error}");
            }
        }
        if (all == 0) throw spec.Name.Error(TrainingDiagnostics.NothingToPredict);
        if (failed > 0) throw spec.Name.Error(TrainingDiagnostics.NotAllPredicted, failed, all);
    }
}
