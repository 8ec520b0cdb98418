using System.CommandLine;
using FineTune.Benchmarks;

var root = new RootCommand("Measures FineTune.Build against its targets.")
{
    new NoOpBuild(),
    new Flowers17Build(),
    new BodyForward(),
    new VggStages(),
    new Decoding(),
    new Predictions(),
    new Generator(),
    new Tables(),
    new Scaling(),
    new Views(),
    new Engines(),
    new Quantized(),
    new LoadOnce(),
    new RandomWeights(),
    new WebLoad(),
};
return root.Parse(args).Invoke();
