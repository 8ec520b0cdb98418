namespace FineTune.Training.Modules;

/// <summary>The images of a batch that a pass computes, if it computes a part of the batch.</summary>
/// <param name="All">The number of images in the batch.</param>
/// <param name="First">The first image of the part.</param>
internal sealed record BatchRows(int All, int First);
