using ModelSpec.Language;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Parameters that learn at the same rate.</summary>
/// <param name="Factor">Their learning rate, as a multiple of the stage's.</param>
/// <param name="Parameters">The parameters.</param>
internal sealed record RateGroup(double Factor, IReadOnlyList<Parameter> Parameters);

/// <summary>Creates TorchSharp's optimizers.</summary>
internal static class Optimizers
{
    /// <summary>Creates an optimizer with a parameter group for each learning rate, in the given order.</summary>
    /// <param name="settings">The optimizer of the stage.</param>
    /// <param name="groups">The parameters; their factors apply after SetLearningRate was called.</param>
    public static OptimizerHelper Create(Optimizer settings, IReadOnlyList<RateGroup> groups)
    {
        OptimizerHelper optimizer = Create(settings, groups[0].Parameters);
        foreach (RateGroup group in groups.Skip(1)) optimizer.add_param_group(GroupOf(settings.Kind, group.Parameters));
        return optimizer;
    }

    /// <summary>Sets the learning rate of each group.</summary>
    /// <param name="optimizer">An optimizer with these groups.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="learningRate">The stage's learning rate in the coming epoch.</param>
    public static void SetLearningRate(OptimizerHelper optimizer, IReadOnlyList<RateGroup> groups, double learningRate)
    {
        foreach (var (group, rates) in optimizer.ParamGroups.Zip(groups)) group.LearningRate = rates.Factor * learningRate;
    }

    private static OptimizerHelper Create(Optimizer settings, IReadOnlyList<Parameter> parameters) => settings.Kind switch
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

    /// <summary>A group with the settings of its optimizer.</summary>
    private static ParamGroup GroupOf(OptimizerKind kind, IReadOnlyList<Parameter> parameters) => kind switch
    {
        OptimizerKind.Sgd => new SGD.ParamGroup(parameters),
        OptimizerKind.RmsProp => new RMSProp.ParamGroup(parameters),
        OptimizerKind.Adam => new Adam.ParamGroup(parameters),
        OptimizerKind.AdamW => new AdamW.ParamGroup(parameters),
        _ => throw new NotSupportedException(kind.ToString()),
    };
}
