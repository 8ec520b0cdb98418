using FineTune.Inference;
using FineTune.Training.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// Checks before a training that this machine computes a backbone correctly, so that no stage learns from wrong features. From then on, another
/// implementation computes the convolutions that are wrong.
/// </summary>
internal static class BodyCheck
{
    /// <summary>Checks a backbone in the precisions of a training: that of its stages, and float32, in which it is evaluated.</summary>
    /// <exception cref="TrainingException">It computes wrong results that another implementation of the convolutions does not correct.</exception>
    public static void Run(NetworkModule module, ScalarType precision, Device device, SpecSource spec, IProgressLog log)
    {
        Network network = module.Network;
        using DisposeScope scope = NewDisposeScope();
        module.eval();
        Tensor input = ExactPass.Input(network).to(device), exact = ExactPass.Run(module, network.BodyLength);
        foreach (ScalarType type in ((ScalarType[])[precision, ScalarType.Float32]).Distinct())
        {
            using InferenceNetwork body = module.ForInference(0, network.BodyLength, type);
            try
            {
                foreach (Conv2d wrong in SelfCheck.Run([body], input, exact, type))
                {
                    Layer layer = network.Body.First(l => ReferenceEquals(module[l], wrong));
                    log.Report(spec.Name.At(TrainingDiagnostics.WrongKernelAvoided, layer.DisplayName, SelfCheck.Describe()));
                }
            }
            catch (WrongKernelException e)
            {
                throw spec.Name.Error(e, TrainingDiagnostics.WrongKernel, e.Message);
            }
        }
    }
}
