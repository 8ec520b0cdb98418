namespace FineTune.Pipeline;

/// <summary>A part of the pipeline that specs can name. Parts keep no state between calls: one object serves a whole training.</summary>
public interface IPipelinePart
{
    /// <summary>The word of the language: lower-case letters, digits and underscores; that of an exporter can have hyphens.</summary>
    string Name { get; }

    /// <summary>
    /// The revision of the part's results: increase it with every change that can change a result. For a part that can change weights, the
    /// lock records the revision, and another revision causes a new training.
    /// </summary>
    int Revision { get; }

    /// <summary>The keys that its table in a spec can have; empty if there are none.</summary>
    IReadOnlyList<PartParameter> Parameters => [];
}
