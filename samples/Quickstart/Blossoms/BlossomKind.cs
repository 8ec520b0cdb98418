namespace Blossoms;

/// <summary>The kinds of blossoms that are drawn. They differ in shape alone: colours, sizes and poses are the same for all.</summary>
public enum BlossomKind
{
    /// <summary>Many thin petals around a large centre.</summary>
    Daisy,

    /// <summary>Five broad, round petals.</summary>
    Buttercup,

    /// <summary>Six pointed petals.</summary>
    Lily,

    /// <summary>A cup on a stem, seen from the side.</summary>
    Tulip,

    /// <summary>A hanging bell with a scalloped rim.</summary>
    Bluebell,
}
