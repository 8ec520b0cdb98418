using FineTune.Images;

namespace FineTune.Inference;

/// <summary>What a model must take and give.</summary>
/// <param name="Input">The size of its images.</param>
/// <param name="Classes">The number of its logits.</param>
internal sealed record OnnxShape(ImageSize Input, int Classes);
