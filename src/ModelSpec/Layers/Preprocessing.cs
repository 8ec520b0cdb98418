namespace ModelSpec.Layers;

/// <summary>
/// What a weight set expects of its input: each channel is <c>(pixel × Scale - Mean) / Std</c>, with pixels in [0, 255] and channels
/// in the given order.
/// </summary>
/// <param name="Name">The word of the language.</param>
/// <param name="Bgr">Whether blue comes first.</param>
/// <param name="Scale">The factor on a pixel.</param>
/// <param name="Mean">Three means, in the order of the channels.</param>
/// <param name="Std">Three standard deviations, in the order of the channels.</param>
public sealed record Preprocessing(string Name, bool Bgr, double Scale, EquatableArray<double> Mean, EquatableArray<double> Std)
{
    /// <summary>torchvision's: RGB in [0, 1], normalised with ImageNet's mean and standard deviation.</summary>
    public static Preprocessing Torchvision { get; } =
        new("torchvision", false, 1 / 255.0, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>Caffe's, which Keras's VGG16 uses: BGR in [0, 255] minus ImageNet's mean.</summary>
    public static Preprocessing Caffe { get; } = new("caffe", true, 1, [103.939, 116.779, 123.68], [1, 1, 1]);

    /// <summary>RGB in [-1, 1], which Keras's MobileNet uses.</summary>
    public static Preprocessing Symmetric { get; } = new("symmetric", false, 1 / 127.5, [1, 1, 1], [1, 1, 1]);

    /// <summary>RGB in about [-1, 1], as TensorFlow's EfficientNet-Lite was trained: (pixel - 127) / 128.</summary>
    public static Preprocessing EfficientNetLite { get; } = new("efficientnet_lite", false, 1, [127, 127, 127], [128, 128, 128]);

    /// <summary>RGB in [0, 1].</summary>
    public static Preprocessing Unit { get; } = new("unit", false, 1 / 255.0, [0, 0, 0], [1, 1, 1]);

    /// <summary>Every preprocessing by its word.</summary>
    public static IReadOnlyDictionary<string, Preprocessing> ByName { get; } =
        new[] { Torchvision, Caffe, Symmetric, EfficientNetLite, Unit }.ToDictionary(static p => p.Name, StringComparer.Ordinal);
}
