namespace FineTune.Pipeline;

/// <summary>A part of the pipeline that specs can name. Parts keep no state between calls: one object serves a whole training.</summary>
public interface IPipelinePart
{
    /// <summary>The word of the language: lower-case letters, digits and underscores; that of an exporter can have hyphens.</summary>
    string Name { get; }

    /// <summary>
    /// The number of what the part computes: raise it with every change that can change a result. Where a part can change weights, the
    /// revision is in the lock, and another one trains again.
    /// </summary>
    int Revision { get; }

    /// <summary>The keys that its table in a spec can have; empty if there are none.</summary>
    IReadOnlyList<PartParameter> Parameters => [];
}
