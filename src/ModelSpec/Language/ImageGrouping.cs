namespace ModelSpec.Language;

/// <summary>Which images a split by fractions keeps in one part.</summary>
public enum ImageGrouping
{
    /// <summary>Every image is drawn by itself.</summary>
    None,

    /// <summary>Images that look alike, such as a photo and its smaller copy, are in one part.</summary>
    NearDuplicates,
}
