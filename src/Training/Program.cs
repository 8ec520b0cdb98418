using System.CommandLine;
using FineTune.Training.Commands;
using FineTune.Training.Processes;

var root = new RootCommand("Fine-tunes pretrained image classifiers that .modelspec files describe.")
{
    new TrainCommand(),
    new InspectCommand(),
    new EvaluateCommand(),
    new EmbedCommand(),
    new AugmentCommand(),
    new FetchCommand(),
    new WeightsCommand(),
    new VerifyCommand(),
    new CleanCommand(),
    new ParityCommand(),
};
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await root.Parse(args).InvokeAsync(configuration, Interruption.Listen()).ConfigureAwait(false);
