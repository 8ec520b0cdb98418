namespace FineTune.Images;

/// <summary>
/// Pixels to a network's input: each channel becomes <c>(pixel × Scale - Mean) / Std</c>, in RGB or BGR order. Generated classifiers
/// carry their weight set's, and the trainer uses the same code, so training and prediction cannot differ.
/// </summary>
/// <param name="Bgr">Whether blue comes first.</param>
/// <param name="Scale">The factor on a pixel of [0, 255].</param>
/// <param name="Mean">Three means in the order of the channels.</param>
/// <param name="Std">Three standard deviations in the order of the channels.</param>
public sealed record PixelTransform(bool Bgr, double Scale, IReadOnlyList<double> Mean, IReadOnlyList<double> Std);
