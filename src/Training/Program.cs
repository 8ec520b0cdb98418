using System.CommandLine;
using System.Text;
using FineTune.Training.Commands;
using FineTune.Training.Completions;
using FineTune.Training.Processes;

// Programs that read redirected output, such as a build, expect UTF-8. The console's code page may contain neither all names nor arrows.
if (Console.IsOutputRedirected || Console.IsErrorRedirected) Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

var root = new RootCommand("Fine-tunes pretrained image classifiers that .modelspec files describe.")
{
    new NewCommand(),
    new TrainCommand(),
    new WatchCommand(),
    new InspectCommand(),
    new InspectDataCommand(),
    new EvaluateCommand(),
    new PredictCommand(),
    new ExplainCommand(),
    new EmbedCommand(),
    new AugmentCommand(),
    new FetchCommand(),
    new WeightsCommand(),
    new ExportCommand(),
    new VerifyCommand(),
    new DoctorCommand(),
    new CleanCommand(),
    new CompletionsCommand(),
    new SchemaCommand(),
};
HelpWithExamples.AddTo(root);
CompletionWords.AddTo(root);
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await root.Parse(args).InvokeAsync(configuration, Interruption.Listen()).ConfigureAwait(false);
