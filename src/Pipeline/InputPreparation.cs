namespace FineTune.Pipeline;

/// <summary>
/// How an image becomes a network's input. It is turned upright, resized with its proportions kept, its centre is cut out, and each channel
/// becomes <c>(pixel × Scale - Mean) / Std</c>, with pixels in [0, 255].
/// </summary>
/// <param name="IsBgr">Whether blue is the first channel and red the last; otherwise red is the first.</param>
/// <param name="Scale">The factor on a pixel.</param>
/// <param name="Mean">Three means in the order of the channels.</param>
/// <param name="Std">Three standard deviations in the order of the channels.</param>
/// <param name="Resize">How the image is resized; if null, bilinearly and so that it just covers the input.</param>
public sealed record InputPreparation(bool IsBgr, double Scale, IReadOnlyList<double> Mean, IReadOnlyList<double> Std, ImageResizing? Resize);

/// <summary>
/// How an image is resized before its centre is cut out, where the weights were trained with more around it than the input. For a square input,
/// its shorter side becomes <paramref name="ShorterSide"/>; for any other, the image becomes as small as it can while it still covers the
/// input enlarged to that shorter side. Filters are Pillow's: they widen as images shrink.
/// </summary>
/// <param name="ShorterSide">The shorter side in pixels; at least the shorter side of the input.</param>
/// <param name="IsBicubic">Whether the filter is the bicubic one (a = -0.5) instead of the bilinear one.</param>
public sealed record ImageResizing(int ShorterSide, bool IsBicubic);
