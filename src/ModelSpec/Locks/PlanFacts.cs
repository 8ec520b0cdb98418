using ModelSpec.Language;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace ModelSpec.Locks;

/// <summary>
/// Everything in a spec that its weights depend on, as facts. Comments, the order of keys and the names of the class and the stages do not matter;
/// defaults are included. Two specs with the same facts train the same weights from the same data.
/// </summary>
public static class PlanFacts
{
    /// <summary>The key of <c>[backbone]</c> with the digest of the pretrained weights.</summary>
    public const string WeightsDigest = "weights_digest";

    /// <summary>The table of the importer's keys. Built-in importers without keys have no table.</summary>
    public const string Importer = "data.importer";

    /// <summary>The table with the names of the lists of images. Weights depend on what the lists contain, which only the trainer knows.</summary>
    public const string Lists = "data.lists";

    /// <summary>The tables of processors.</summary>
    public const string Processor = "processor";

    private const string Predict = "predict";

    /// <summary>The key of a part's table with the part's revision, which only the trainer knows.</summary>
    public const string Revision = "revision";

    /// <summary>The tables that depend only on the spec, and not on data, files or the machine.</summary>
    /// <param name="plan">The plan of the spec.</param>
    public static EquatableArray<Fact> Of(TrainingPlan plan)
    {
        Network network = plan.Network;
        List<Fact> facts =
        [
            new("model", 0, "classes", TomlLiteral.Array(network.Classes.Select(static c => TomlLiteral.Of(c.Text)))),
            new("model", 0, "seed", TomlLiteral.Of(plan.Seed)),
            new("backbone", 0, "input", TomlLiteral.Array([TomlLiteral.Of(network.InputHeight), TomlLiteral.Of(network.InputWidth)])),
            new("backbone", 0, "layers", TomlLiteral.Of(Digest.Of(LayerFacts.Describe(network.Body)))),
            new("backbone", 0, "preprocess", TomlLiteral.Of(network.Preprocessing.Name)),
            new("head", 0, "layers", TomlLiteral.Array(network.Head.Select(static layer => TomlLiteral.Of(layer.Digest)))),
        ];
        if (network.Preparation is { } preparation)
        {
            facts.Add(new("backbone", 0, "resize", TomlLiteral.Of(preparation.ShorterSide)));
            if (preparation.IsBicubic) facts.Add(new("backbone", 0, "interpolation", TomlLiteral.Of("bicubic")));
        }
        if (plan.WeightSet is { Rename.Count: > 0 } set)
        {
            facts.Add(new("backbone", 0, "rename", TomlLiteral.Array(set.Rename.Select(static r => TomlLiteral.Of($"{r.From} -> {r.To}")))));
        }
        if (network.Mirror) facts.Add(new(Predict, 0, "mirror", TomlLiteral.Of(true)));
        Add(facts, plan.Split);
        if (plan.Grouping == ImageGrouping.NearDuplicates) facts.Add(new("data.split", 0, "group", TomlLiteral.Of(Vocabulary.NearDuplicates)));
        if (plan.Augmentation is { } augmentation) Add(facts, augmentation);
        if (HasImporter(plan)) facts.AddRange(Of(plan.Importer, Importer, 0));
        for (int i = 0; i < plan.Processors.Count; i++) facts.AddRange(Of(plan.Processors[i], Processor, i + 1));
        for (int i = 0; i < plan.Stages.Count; i++) Add(facts, plan.Stages[i], i + 1);
        return facts.ToEquatableArray();
    }

    /// <summary>
    /// Whether the importer of a plan has a table: importers of plugins and importers with keys have one. The argument is not a fact, because
    /// the digests of the images are.
    /// </summary>
    public static bool HasImporter(TrainingPlan plan) =>
        plan.Importer.Values.Count > 0 || PluginWords.BuiltIn.Find(PartKind.Importer, plan.Importer.Word) is null;

    /// <summary>A part and the values of its keys.</summary>
    /// <param name="part">The part.</param>
    /// <param name="table">The table.</param>
    /// <param name="index">The position in an array of tables, from 1; 0 if <paramref name="table"/> is a single table.</param>
    public static EquatableArray<Fact> Of(PartUse part, string table, int index) =>
    [
        new(table, index, "name", TomlLiteral.Of(part.Word)),
        .. part.Values.Select(value => new Fact(table, index, value.Key, Literal(value.Value))),
    ];

    /// <summary>
    /// What the spec calls its backbone, its pretrained weights and its lists of images. The trained weights do not depend on these names:
    /// layers and files are digested, so a file that was moved or a backbone that was renamed causes no new training.
    /// </summary>
    public static EquatableArray<Fact> Names(TrainingPlan plan) =>
    [
        new("backbone", 0, "architecture", TomlLiteral.Of(plan.Network.Backbone)),
        new("backbone", 0, "weights", TomlLiteral.Of(plan.WeightSet?.File ?? plan.WeightFile ?? Vocabulary.NoWeights)),
        .. plan.Split is ListSplit lists ? Names(lists) : [],
    ];

    private static IEnumerable<Fact> Names(ListSplit lists)
    {
        yield return new(Lists, 0, "train", TomlLiteral.Of(lists.Train));
        if (lists.Validation is { } validation) yield return new(Lists, 0, "validation", TomlLiteral.Of(validation));
        yield return new(Lists, 0, "test", TomlLiteral.Of(lists.Test));
    }

    /// <summary>
    /// What the spec says about certainty. The trained tensors do not depend on it, but the metadata of the weight file does: a change
    /// is fitted anew, without a training.
    /// </summary>
    public static EquatableArray<Fact> Answering(TrainingPlan plan) =>
    [
        .. plan.Certainty.Calibrate ? (Fact[])[new(Predict, 0, "calibrate", TomlLiteral.Of(true))] : [],
        .. plan.Certainty.Accept is { } accept ? (Fact[])[new(Predict, 0, "accept", TomlLiteral.Of(accept))] : [],
    ];

    /// <summary>Whether a fact of a lock is one of <see cref="Answering"/>.</summary>
    public static bool IsAnswering(Fact fact) => (fact.Table, fact.Key) is (Predict, "calibrate" or "accept");

    /// <summary>Whether the numbers of a weight file have another meaning if a fact differs: classes, input, preprocessing, resizing and layers.</summary>
    public static bool GivesMeaning(Fact fact) =>
        (fact.Table, fact.Key) is ("model", "classes") or ("backbone", "input" or "layers" or "preprocess" or "resize" or "interpolation") or ("head", "layers");

    /// <summary>Whether a fact of a lock depends only on the spec.</summary>
    public static bool Covers(Fact fact) => fact.Table switch
    {
        "environment" or "data" => false,
        "backbone" => fact.Key != WeightsDigest,
        Importer or Processor => fact.Key != Revision,
        _ => true,
    };

    private static string Literal(object value) => value switch
    {
        double number => TomlLiteral.Of(number),
        long number => TomlLiteral.Of(number),
        bool flag => TomlLiteral.Of(flag),
        string text => TomlLiteral.Of(text),
        _ => throw new NotSupportedException($"A value of the type {value.GetType()}"),
    };

    private static string Word(FillMode fill) => fill switch
    {
        FillMode.Nearest => "nearest",
        FillMode.Constant => "constant",
        FillMode.Reflect => "reflect",
        FillMode.Wrap => "wrap",
        _ => throw new NotSupportedException($"Fill mode {fill}"),
    };

    private static string Word(ScheduleKind schedule) => schedule switch
    {
        ScheduleKind.Constant => "constant",
        ScheduleKind.Step => "step",
        ScheduleKind.Cosine => "cosine",
        _ => throw new NotSupportedException($"Schedule {schedule}"),
    };

    private static string Word(OptimizerKind optimizer) => optimizer switch
    {
        OptimizerKind.Sgd => "sgd",
        OptimizerKind.RmsProp => "rmsprop",
        OptimizerKind.Adam => "adam",
        OptimizerKind.AdamW => "adamw",
        _ => throw new NotSupportedException($"Optimizer {optimizer}"),
    };

    private static void Add(List<Fact> facts, Split split)
    {
        const string table = "data.split";
        switch (split)
        {
            case FractionSplit fractions:
                facts.Add(new(table, 0, "train", TomlLiteral.Of(fractions.Train)));
                if (fractions.Validation > 0) facts.Add(new(table, 0, "validation", TomlLiteral.Of(fractions.Validation)));
                facts.Add(new(table, 0, "test", TomlLiteral.Of(fractions.Test)));
                break;
            case OfficialSplit official:
                facts.Add(new(table, 0, "official", TomlLiteral.Of(official.Number)));
                break;
            case FolderSplit folders:
                facts.Add(new(table, 0, "train", TomlLiteral.Of(folders.Train)));
                if (folders.Validation is { } validation) facts.Add(new(table, 0, "validation", TomlLiteral.Of(validation)));
                facts.Add(new(table, 0, "test", TomlLiteral.Of(folders.Test)));
                break;
        }
    }

    private static void Add(List<Fact> facts, Augmentation augmentation)
    {
        const string table = "data.augment";
        facts.Add(new(table, 0, "rotation", TomlLiteral.Of(augmentation.Rotation)));
        facts.Add(new(table, 0, "width_shift", TomlLiteral.Of(augmentation.WidthShift)));
        facts.Add(new(table, 0, "height_shift", TomlLiteral.Of(augmentation.HeightShift)));
        facts.Add(new(table, 0, "shear", TomlLiteral.Of(augmentation.Shear)));
        facts.Add(new(table, 0, "zoom", TomlLiteral.Of(augmentation.Zoom)));
        facts.Add(new(table, 0, "horizontal_flip", TomlLiteral.Of(augmentation.HorizontalFlip)));
        facts.Add(new(table, 0, "brightness", TomlLiteral.Of(augmentation.Brightness)));
        facts.Add(new(table, 0, "fill", TomlLiteral.Of(Word(augmentation.Fill))));
        if (augmentation.Views > 0) facts.Add(new(table, 0, "views", TomlLiteral.Of(augmentation.Views)));
    }

    private static void Add(List<Fact> facts, Stage stage, int number)
    {
        Add("freeze", TomlLiteral.Of(Ranges(stage.Frozen)));
        Add("epochs", TomlLiteral.Of(stage.Epochs));
        Add("batch_size", TomlLiteral.Of(stage.BatchSize));
        Add("label_smoothing", TomlLiteral.Of(stage.Regularization.LabelSmoothing));
        Add("class_weights", TomlLiteral.Of(stage.Regularization.BalancedClasses ? "balanced" : "none"));
        if (stage.Regularization.ClipNorm is { } norm) Add("clip_norm", TomlLiteral.Of(norm));
        if (stage.EarlyStopping is { } stopping) Add("early_stopping", TomlLiteral.Of(stopping.Patience));
        if (stage.Shards is { } shards) Add("shards", TomlLiteral.Of(shards));

        Schedule schedule = stage.Schedule;
        Add("schedule", TomlLiteral.Of(Word(schedule.Kind)));
        Add("warmup_epochs", TomlLiteral.Of(schedule.WarmupEpochs));
        if (schedule.Kind == ScheduleKind.Step)
        {
            Add("step_size", TomlLiteral.Of(schedule.StepSize));
            Add("gamma", TomlLiteral.Of(schedule.Gamma));
        }
        if (schedule.Kind == ScheduleKind.Cosine) Add("eta_min", TomlLiteral.Of(schedule.EtaMin));

        Optimizer optimizer = stage.Optimizer;
        Add("optimizer", TomlLiteral.Of(Word(optimizer.Kind)));
        Add("learning_rate", TomlLiteral.Of(optimizer.LearningRate));
        if (stage.BackboneRates.LearningRate is { } backbone) Add("backbone_learning_rate", TomlLiteral.Of(backbone));
        if (stage.BackboneRates.LayerDecay != 1) Add("layer_decay", TomlLiteral.Of(stage.BackboneRates.LayerDecay));
        Add("weight_decay", TomlLiteral.Of(optimizer.WeightDecay));
        switch (optimizer.Kind)
        {
            case OptimizerKind.Sgd:
                Add("momentum", TomlLiteral.Of(optimizer.Momentum));
                Add("dampening", TomlLiteral.Of(optimizer.Dampening));
                Add("nesterov", TomlLiteral.Of(optimizer.Nesterov));
                break;
            case OptimizerKind.RmsProp:
                Add("alpha", TomlLiteral.Of(optimizer.Alpha));
                Add("eps", TomlLiteral.Of(optimizer.Eps));
                Add("momentum", TomlLiteral.Of(optimizer.Momentum));
                Add("centered", TomlLiteral.Of(optimizer.Centered));
                break;
            default:
                Add("betas", TomlLiteral.Array([TomlLiteral.Of(optimizer.Beta1), TomlLiteral.Of(optimizer.Beta2)]));
                Add("eps", TomlLiteral.Of(optimizer.Eps));
                Add("amsgrad", TomlLiteral.Of(optimizer.Amsgrad));
                break;
        }

        void Add(string key, string value) => facts.Add(new("stage", number, key, value));
    }

    /// <summary>Ascending indices as inclusive ranges, in the words of <c>freeze</c>.</summary>
    private static string Ranges(EquatableArray<int> indices)
    {
        if (indices.Count == 0) return "none";
        List<string> ranges = [];
        for (int i = 0; i < indices.Count; i++)
        {
            int first = indices[i];
            while (i + 1 < indices.Count && indices[i + 1] == indices[i] + 1) i++;
            ranges.Add(FormattableString.Invariant($"{first}..{indices[i]}"));
        }
        return string.Join(", ", ranges);
    }
}
