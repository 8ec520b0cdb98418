using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>The decoded images of one part, in memory.</summary>
/// <param name="Pixels">uint8 <c>[N, H, W, 3]</c>, RGB.</param>
/// <param name="Labels">int64 <c>[N]</c>: the indices of the classes.</param>
internal sealed record ImageSet(Tensor Pixels, Tensor Labels) : IDisposable
{
    public int Count => (int)Labels.shape[0];

    public void Dispose()
    {
        Pixels.Dispose();
        Labels.Dispose();
    }
}

/// <summary>The decoded images of a split.</summary>
internal sealed record ImageSets(ImageSet Train, ImageSet Validation, ImageSet Test) : IDisposable
{
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
        Test.Dispose();
    }
}
