using System.CommandLine;
using FineTune.Training.Commands;

var root = new RootCommand("Fine-tunes pretrained image classifiers that .modelspec files describe.")
{
    new TrainCommand(),
    new InspectCommand(),
    new EvaluateCommand(),
    new AugmentCommand(),
    new FetchCommand(),
    new VerifyCommand(),
    new CleanCommand(),
    new ParityCommand(),
};
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
