using ModelSpec.Language;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Makes TorchSharp's optimizers.</summary>
internal static class Optimizers
{
    public static OptimizerHelper Create(Optimizer settings, IReadOnlyList<Parameter> parameters) => settings.Kind switch
    {
        OptimizerKind.Sgd => optim.SGD(
            parameters, settings.LearningRate, settings.Momentum, settings.Dampening, settings.WeightDecay, settings.Nesterov),
        OptimizerKind.RmsProp => optim.RMSProp(
            parameters, settings.LearningRate, settings.Alpha, settings.Eps, settings.WeightDecay, settings.Momentum, settings.Centered),
        OptimizerKind.Adam => optim.Adam(
            parameters, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Eps, settings.WeightDecay, settings.Amsgrad),
        OptimizerKind.AdamW => optim.AdamW(
            parameters, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Eps, settings.WeightDecay, settings.Amsgrad),
        _ => throw new NotSupportedException(settings.Kind.ToString()),
    };
}
