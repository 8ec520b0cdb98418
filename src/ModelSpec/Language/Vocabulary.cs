namespace ModelSpec.Language;

/// <summary>The words of the language, in one place: readers check against them and messages list them.</summary>
internal static class Vocabulary
{
    public static readonly IReadOnlyDictionary<string, OptimizerKind> Optimizers = new Dictionary<string, OptimizerKind>(StringComparer.Ordinal)
    {
        ["sgd"] = OptimizerKind.Sgd,
        ["rmsprop"] = OptimizerKind.RmsProp,
        ["adam"] = OptimizerKind.Adam,
        ["adamw"] = OptimizerKind.AdamW,
    };

    public static readonly IReadOnlyDictionary<string, ScheduleKind> Schedules = new Dictionary<string, ScheduleKind>(StringComparer.Ordinal)
    {
        ["constant"] = ScheduleKind.Constant,
        ["step"] = ScheduleKind.Step,
        ["cosine"] = ScheduleKind.Cosine,
    };

    /// <summary>The values of <c>class_weights</c>: whether classes are balanced.</summary>
    public static readonly IReadOnlyDictionary<string, bool> ClassWeights = new Dictionary<string, bool>(StringComparer.Ordinal)
    {
        ["balanced"] = true,
        ["none"] = false,
    };

    public static readonly IReadOnlyDictionary<string, FillMode> FillModes = new Dictionary<string, FillMode>(StringComparer.Ordinal)
    {
        ["nearest"] = FillMode.Nearest,
        ["constant"] = FillMode.Constant,
        ["reflect"] = FillMode.Reflect,
        ["wrap"] = FillMode.Wrap,
    };

    /// <summary>The value of <c>group</c> that keeps images that look alike in one part.</summary>
    public const string NearDuplicates = "near-duplicates";

    public static readonly IReadOnlyDictionary<string, ImageGrouping> Groupings = new Dictionary<string, ImageGrouping>(StringComparer.Ordinal)
    {
        [NearDuplicates] = ImageGrouping.NearDuplicates,
    };

    /// <summary>The kinds of parts, as plugins say what they provide.</summary>
    public static readonly IReadOnlyDictionary<string, PartKind> PartKinds = new Dictionary<string, PartKind>(StringComparer.Ordinal)
    {
        ["importer"] = PartKind.Importer,
        ["processor"] = PartKind.Processor,
        ["evaluator"] = PartKind.Evaluator,
        ["exporter"] = PartKind.Exporter,
        ["format"] = PartKind.Format,
    };

    /// <summary>The types of the keys of parts.</summary>
    public static readonly IReadOnlyDictionary<string, PartValueKind> PartValueKinds = new Dictionary<string, PartValueKind>(StringComparer.Ordinal)
    {
        ["number"] = PartValueKind.Number,
        ["whole"] = PartValueKind.Whole,
        ["text"] = PartValueKind.Text,
        ["flag"] = PartValueKind.Flag,
    };

    /// <summary>The whole backbone, as a freeze range.</summary>
    public const string FreezeBackbone = "backbone";

    /// <summary>The batch normalisations of the backbone.</summary>
    public const string FreezeBatchNorms = "batch_norms";

    /// <summary>No layer, as a freeze range.</summary>
    public const string FreezeNone = "none";

    /// <summary>Weights that start from random numbers.</summary>
    public const string NoWeights = "none";
}
