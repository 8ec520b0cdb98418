namespace FineTune.Training.Inspection;

/// <summary>What is remarkable about a single image.</summary>
internal enum RemarkKind
{
    /// <summary>It cannot be read: it is damaged, cut off, or beyond a limit.</summary>
    Unreadable,

    /// <summary>It is enlarged to more than twice its size.</summary>
    Tiny,

    /// <summary>It has hardly more than one grey level.</summary>
    Blank,

    /// <summary>It is far less sharp than the other images of the dataset.</summary>
    Blurred,

    /// <summary>It is stored turned, and EXIF says how; training and prediction turn it upright.</summary>
    Turned,
}

/// <summary>A remark about an image.</summary>
/// <param name="Image">The number of the image.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">The reason or the figures.</param>
internal sealed record ImageRemark(int Image, RemarkKind Kind, string Text);
