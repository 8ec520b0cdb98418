using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>A step of an <see cref="InferenceNetwork"/>.</summary>
/// <param name="Compute">Computes its result, which may be an operand.</param>
/// <param name="Operands">The values that it reads.</param>
/// <param name="Output">The value that it makes.</param>
/// <param name="LastRead">The values that no step after it reads.</param>
/// <param name="Convolution">The convolution that it runs, or null.</param>
internal sealed record InferenceStep(InferenceOperation Compute, int[] Operands, int Output, int[] LastRead, FusedConvolution? Convolution);

/// <summary>Computes a result from operands.</summary>
internal delegate Tensor InferenceOperation(ReadOnlySpan<Tensor> operands);
