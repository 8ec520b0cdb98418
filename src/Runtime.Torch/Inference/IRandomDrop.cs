namespace FineTune.Inference;

/// <summary>A layer that drops parts of its input while it learns, and passes its input on otherwise.</summary>
internal interface IRandomDrop
{
    /// <summary>Whether it passes its input on unchanged.</summary>
    bool IsIdentity { get; }
}
