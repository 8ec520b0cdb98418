namespace FineTune;

/// <summary>How a classifier is registered with dependency injection, by the generated <c>Add…</c> method.</summary>
public sealed class ClassifierServiceOptions
{
    /// <summary>A file with the weights; those that the build embedded if null.</summary>
    public string? WeightsPath { get; set; }

    /// <summary>The device, and whether this machine is checked.</summary>
    public ClassifierLoadOptions Load { get; set; } = new();

    /// <summary>
    /// The most images that go through the network together, 1 to 4,096; 16 by default. With 1, each caller's image goes alone.
    /// </summary>
    public int LargestBatch { get; set; } = 16;

    /// <summary>How long an image may wait for others while the network is idle; 5 ms by default.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The most decoded images in memory; eight times <see cref="LargestBatch"/> if null. Further callers wait.</summary>
    public int? Capacity { get; set; }

    /// <summary>Whether a host loads the classifier when it starts, before it serves its first request; true by default.</summary>
    public bool WarmUp { get; set; } = true;

    /// <summary>Makes what applications get as <see cref="IImageClassifier{TLabel}"/>.</summary>
    /// <param name="classifier">The generated classifier.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public IImageClassifier<TLabel> Create<TLabel>(IImageClassifier<TLabel> classifier)
        where TLabel : struct, Enum =>
        LargestBatch == 1 ? classifier : new BatchingClassifier<TLabel>(classifier, LargestBatch, LongestDelay, Capacity);
}
