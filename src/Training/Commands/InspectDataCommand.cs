using System.CommandLine;
using FineTune.Files;
using FineTune.Training.Diagnostics;
using FineTune.Training.Inspection;
using FineTune.Training.Plugins;

namespace FineTune.Training.Commands;

/// <summary><c>finetune inspect-data SPEC</c>: looks at the images before they are learnt from: copies, wrong labels, small classes, poor images.</summary>
internal sealed class InspectDataCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _jsonFile = new("--json") { Description = "Writes all findings to a JSON file." };
    private readonly Option<string?> _html = new("--html") { Description = "Writes a page with pictures, for review." };
    private readonly Option<bool> _quick = new("--quick") { Description = "Leaves out what needs the pretrained backbone: wrong labels, and images that look alike to it." };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "auto" };

    public InspectDataCommand()
        : base("inspect-data", "Looks for copies, wrong labels, small classes and poor images in the dataset. Nothing is changed.")
    {
        Add(_jsonFile);
        Add(_html);
        Add(_quick);
        Add(_device);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples =>
        ["finetune inspect-data flowers.modelspec", "finetune inspect-data flowers.modelspec --html data.html", "finetune inspect-data flowers.modelspec --quick --json data.json"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        DataInspection found = new DataInspector(spec, Assets(parse), parse.GetValue(_device)!, log, LibTorch(parse)).Run(parse.GetValue(_quick), cancellation);
        Console.Write(InspectionText.Of(found));
        if (parse.GetValue(_jsonFile) is { } json) Write(json, () => AtomicFile.Write(json, stream => InspectionJson.Write(found, stream)));
        if (parse.GetValue(_html) is { } html) Write(html, () => AtomicFile.WriteText(html, new InspectionPage(found, spec).Write(cancellation)));

        void Write(string path, Action write)
        {
            try
            {
                write();
                log.Line($"{found.Name}: wrote {path}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, path, ExceptionText.Sentence(e.Message));
            }
        }
    }
}
