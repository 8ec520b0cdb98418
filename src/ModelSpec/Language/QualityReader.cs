using ModelSpec.Toml;

namespace ModelSpec.Language;

/// <summary>Reads the <c>[quality]</c> table.</summary>
internal static class QualityReader
{
    /// <summary>Reads the table of a spec; <see cref="QualitySection.None"/> if there is none.</summary>
    public static QualitySection Read(TableReader root)
    {
        if (root.Table("quality") is not { } table) return QualitySection.None;
        var quality = new QualitySection(
            table.Number("min_accuracy", NumberRange.AboveUpTo(0, 1)),
            table.Number("max_drop", NumberRange.HalfOpen(0, 1)),
            table.Integer("cross_validation", NumberRange.Closed(2, QualitySection.MostFolds)) is { } folds ? folds.With((int)folds.Value) : null);
        table.Finish();
        return quality;
    }
}
