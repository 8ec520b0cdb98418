using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Language;

/// <summary>
/// Reads a <c>.modelspec</c>: TOML in, <see cref="Spec"/> out. It checks what can be checked without knowing a backbone: keys, types,
/// ranges, words and identifiers. <see cref="Plans.TrainingPlanBuilder"/> checks the rest.
/// </summary>
public static class SpecReader
{
    private static readonly Regex HeadLayerPattern = new(
        @"^\s*(?<word>[a-z_]+)\s*(?:\(\s*(?<argument>[^()\s]+)\s*\))?\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    /// <summary>Reads a spec.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="path">The file's path, as diagnostics name it.</param>
    /// <param name="words">The words that plugins add.</param>
    /// <returns>The spec, or every error found.</returns>
    public static Result<Spec> Read(string text, string path, PluginWords words)
    {
        var bag = new DiagnosticBag(path);
        TomlTable? tree = TomlTree.Parse(text, bag);
        Spec? spec = tree is null ? null : Read(new TableReader(tree, "the spec", SourceSpan.FileStart, bag), path, words);
        return new Result<Spec>(bag.HasErrors ? null : spec, bag.ToArray());
    }

    /// <summary>Reads a spec from its tables.</summary>
    internal static Spec? Read(TableReader root, string path, PluginWords words)
    {
        ModelSection? model = Section(root, "model", "the class to generate", Model);
        DataSection? data = Section(root, "data", "where the images come from", table => Data(table, words));
        BackboneSection? backbone = Section(root, "backbone", "the network to fine-tune", Backbone);
        HeadSection? head = Section(root, "head", "the layers that replace the backbone's top", Head);
        List<StageSection?> stages = root.Tables("stage").ConvertAll(Stage);
        if (!root.Has("stage")) root.Missing("stage", "at least one [[stage]] says how to train");
        CheckStageNames(stages, root.Bag);
        EquatableArray<PartSection> processors = PartReader.ReadTables(root, "processor", "name", PartKind.Processor, words);
        EquatableArray<PartSection> evaluators = PartReader.ReadTables(root, "evaluator", "name", PartKind.Evaluator, words);
        EquatableArray<PartSection> exports = PartReader.ReadTables(root, "export", "format", PartKind.Exporter, words);
        PredictSection answers = new(Mirror: false);
        if (root.Table("predict") is { } predict)
        {
            answers = Predict(predict);
            predict.Finish();
        }
        QualitySection quality = QualityReader.Read(root);
        root.Finish();

        return model is null || data is null || backbone is null || head is null || stages.Contains(null)
            ? null
            : new Spec(path, model, data, backbone, head, stages.ToEquatableArray()!, answers, processors, evaluators, exports)
            {
                Quality = quality,
            };
    }

    private static T? Section<T>(TableReader root, string key, string meaning, Func<TableReader, T?> read)
        where T : class
    {
        if (!root.Has(key))
        {
            root.Missing(key, meaning);
            return null;
        }
        if (root.Table(key) is not { } table) return null;
        T? section = read(table);
        table.Finish();
        return section;
    }

    private static PredictSection Predict(TableReader table) => new(table.Boolean("mirror")?.Value ?? false)
    {
        Calibrate = table.Boolean("calibrate"),
        Accept = table.Number("accept", NumberRange.Open(0, 1)),
    };

    private static ModelSection? Model(TableReader table)
    {
        Located<string>? name = Required(table, "name", "the generated class");
        if (name is { } given && !Identifiers.IsIdentifier(given.Value))
        {
            table.Bag.Report(SpecDiagnostics.NotAnIdentifier, given.Span, given.Value, "a class name");
        }
        else if (name is { } identifier && ReservedNames.ReasonAgainstClass(identifier.Value) is { } reason)
        {
            table.Bag.Report(
                SpecDiagnostics.ReservedClassName, identifier.Span, identifier.Value, reason, Identifiers.ToPascalCase(identifier.Value) + "Classifier");
        }

        Located<string>? ns = table.String("namespace");
        if (ns is { } space && !space.Value.Split('.').All(Identifiers.IsIdentifier))
        {
            table.Bag.Report(SpecDiagnostics.NotAnIdentifier, space.Span, space.Value, "a namespace");
        }

        List<Located<string>>? classes = table.Strings("classes");
        if (!table.Has("classes")) table.Missing("classes", "the labels, in the order of the network's outputs");
        if (classes is { Count: < 2 } && table.Peek("classes") is TomlList { Items.Count: < 2 })
        {
            table.Bag.Report(SpecDiagnostics.OutOfRange, table.Peek("classes")!.Span, "classes", "at least 2 labels", classes.Count);
        }
        if (classes is not null) CheckClasses(classes, table.Bag);

        long seed = table.Integer("seed", NumberRange.Closed(0, uint.MaxValue))?.Value ?? 42;
        return name is null || classes is null
            ? null
            : new ModelSection(name.Value, ns, classes.ToEquatableArray(), table.Peek("classes")!.Span, seed);
    }

    private static void CheckClasses(List<Located<string>> classes, DiagnosticBag bag)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Located<string> label in classes)
        {
            string folder = ClassFolders.Normalize(label.Value);
            string member = Identifiers.ToPascalCase(label.Value);
            if (member.Length == 0)
            {
                bag.Report(SpecDiagnostics.NotAnIdentifier, label.Span, label.Value, "an enum member");
            }
            else if (members.TryGetValue(member, out string? first))
            {
                bag.Report(SpecDiagnostics.DuplicateClass, label.Span, first, label.Value, member);
            }
            else if (folders.TryGetValue(folder, out string? other))
            {
                bag.Report(SpecDiagnostics.ClassesShareFolder, label.Span, other, label.Value);
            }
            else
            {
                members.Add(member, label.Value);
                folders.Add(folder, label.Value);
            }
        }
    }

    private static DataSection? Data(TableReader table, PluginWords words)
    {
        Located<string>? source = Required(table, "source", "a dataset of the catalogue, a folder, or IMPORTER:ARGUMENT");
        Located<Split>? split = null;
        SplitPlaces? places = null;
        if (!table.Has("split")) table.Missing("split", "for example { train = 0.75, test = 0.25 }");
        else if (table.Table("split") is { } splitTable)
        {
            SourceSpan span = table.Peek("split")!.Span;
            if (ReadSplit(splitTable, span) is { } read)
            {
                split = new Located<Split>(read, span);
                SourceSpan train = (splitTable.Peek("train") ?? splitTable.Peek("official")!).Span;
                places = new SplitPlaces(train, splitTable.Peek("validation")?.Span ?? train, splitTable.Peek("test")?.Span ?? train);
            }
            splitTable.Finish();
        }

        Augmentation? augmentation = null;
        if (table.Table("augment") is { } augment)
        {
            augmentation = ReadAugmentation(augment);
            augment.Finish();
        }
        EquatableArray<Located<string>> outside = Outside(table);
        Located<ImageGrouping>? group = Group(table, split?.Value);
        EquatableArray<Located<string>> allow = (table.Strings("allow") ?? []).ToEquatableArray();
        PartSection? importer = source is { } given ? PartReader.ReadImporter(table, given, split?.Value is FolderSplit, words) : null;
        return source is null || split is null || importer is null
            ? null
            : new DataSection(source.Value, split.Value, augmentation, importer, places!) { Outside = outside, Group = group, Allow = allow };
    }

    /// <summary>Reads the folders of foreign images: one, or several.</summary>
    private static EquatableArray<Located<string>> Outside(TableReader table)
    {
        const string key = "outside";
        if (table.Peek(key) is not TomlList) return Named(table, key) is { } folder ? [folder] : [];
        List<Located<string>> folders = table.Strings(key)!;
        for (int i = 0; i < folders.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(folders[i].Value)) table.Bag.Report(SpecDiagnostics.OutOfRange, folders[i].Span, key, "a folder", "empty");
            else if (folders.Take(i).Any(other => other.Value == folders[i].Value)) table.Bag.Report(SpecDiagnostics.OutsideTwice, folders[i].Span, folders[i].Value);
        }
        return folders.ToEquatableArray();
    }

    /// <summary>Reads which images the split keeps in one part, which is up to the spec only if the split is drawn.</summary>
    private static Located<ImageGrouping>? Group(TableReader table, Split? split)
    {
        if (!table.Word("group", "grouping", Vocabulary.Groupings, out ImageGrouping grouping)) return null;
        SourceSpan span = table.Peek("group")!.Span;
        if (split is FolderSplit or ListSplit)
        {
            table.Bag.Report(SpecDiagnostics.Split, span, "group decides how images are drawn, but the split names folders or lists; write fractions, or remove group.");
        }
        return new Located<ImageGrouping>(grouping, span);
    }

    private static Split? ReadSplit(TableReader table, SourceSpan span)
    {
        string[] parts = ["train", "validation", "test"];
        bool isNamed = parts.Any(part => table.Peek(part) is TomlScalar { Value: string });
        Located<long>? official = table.Integer("official", NumberRange.Closed(1, 1_000));
        if (table.Has("official"))
        {
            if (!parts.Any(table.Has)) return official is { } number ? new OfficialSplit((int)number.Value) : null;
            table.Bag.Report(
                SpecDiagnostics.Split, table.KeySpan("official"),
                "'official' selects a split of the dataset's publisher, which has all parts: remove 'official', or remove 'train', 'validation' and 'test'.");
        }
        if (!table.Has("train") || !table.Has("test"))
        {
            table.Bag.Report(SpecDiagnostics.Split, span, "The split needs 'train' and 'test'; 'validation' is optional. If the dataset has official splits, 'official' alone is enough.");
            return null;
        }

        if (isNamed) return ReadNames(table);

        Located<double>? train = table.Number("train", NumberRange.Above(0));
        Located<double>? validation = table.Number("validation", NumberRange.AtLeast(0));
        Located<double>? test = table.Number("test", NumberRange.Above(0));
        if (train is null || test is null) return null;
        double sum = train.Value.Value + (validation?.Value ?? 0) + test.Value.Value;
        if (Math.Abs(sum - 1) > 1e-6)
        {
            table.Bag.Report(SpecDiagnostics.Split, span, string.Format(
                CultureInfo.InvariantCulture, "The fractions of the split sum to {0:0.######}; they must sum to 1.", sum));
            return null;
        }
        return new FractionSplit(train.Value.Value, validation?.Value ?? 0, test.Value.Value);
    }

    /// <summary>Reads a split into folders or lists.</summary>
    private static Split? ReadNames(TableReader table)
    {
        if (table.String("train") is not { } train || table.String("test") is not { } test) return null;
        Located<string>? validation = table.String("validation");
        Located<string>[] names = validation is null ? [train, test] : [train, validation.Value, test];
        Located<string>[] lists = [.. names.Where(static name => ListSplit.IsList(name.Value))];
        if (lists.Length == 0) return new FolderSplit(train.Value, validation?.Value, test.Value);
        if (lists.Length < names.Length)
        {
            Located<string> folder = names.First(static name => !ListSplit.IsList(name.Value));
            table.Bag.Report(SpecDiagnostics.MixedSplit, folder.Span, lists[0].Value, folder.Value);
            return null;
        }
        for (int i = 1; i < names.Length; i++)
        {
            if (!names.Take(i).Any(name => name.Value == names[i].Value)) continue;
            table.Bag.Report(SpecDiagnostics.SharedList, names[i].Span, names[i].Value);
            return null;
        }
        return new ListSplit(train.Value, validation?.Value, test.Value);
    }

    private static Augmentation ReadAugmentation(TableReader table)
    {
        NumberRange fraction = NumberRange.HalfOpen(0, 1);
        return new Augmentation(
            table.Number("rotation", NumberRange.Closed(0, 180))?.Value ?? 0,
            table.Number("width_shift", fraction)?.Value ?? 0,
            table.Number("height_shift", fraction)?.Value ?? 0,
            table.Number("shear", NumberRange.HalfOpen(0, 90))?.Value ?? 0,
            table.Number("zoom", fraction)?.Value ?? 0,
            table.Boolean("horizontal_flip")?.Value ?? false,
            table.Number("brightness", fraction)?.Value ?? 0,
            Word(table, "fill", "fill mode", Vocabulary.FillModes) ?? FillMode.Nearest,
            (int)(table.Integer("views", NumberRange.Closed(1, 1_000))?.Value ?? 0));
    }

    private static BackboneSection? Backbone(TableReader table)
    {
        Located<string>? architecture = Required(table, "architecture", "a backbone of the catalogue or of a .backbone file");
        Located<string>? weights = Required(table, "weights", "a weight set, a file, or \"none\"");
        Located<(int Height, int Width)>? input = null;
        if (table.Integers("input", NumberRange.Closed(1, 8192)) is { } size)
        {
            SourceSpan span = table.Peek("input")!.Span;
            if (size.Count == 2) input = new Located<(int Height, int Width)>(((int)size[0].Value, (int)size[1].Value), span);
            else if (table.Peek("input") is TomlList { Items.Count: not 2 } list)
            {
                table.Bag.Report(SpecDiagnostics.WrongType, span, "input", "[height, width]", $"{list.Items.Count} numbers");
            }
        }
        Located<double>? width = table.Number("width", NumberRange.Above(0));
        Located<string>? preprocess = table.String("preprocess");
        return architecture is null || weights is null
            ? null
            : new BackboneSection(architecture.Value, weights.Value, input, width, preprocess, table.Span);
    }

    private static HeadSection? Head(TableReader table)
    {
        List<Located<string>>? words = table.Strings("layers");
        if (!table.Has("layers")) table.Missing("layers", "for example [\"flatten\", \"linear(17)\", \"softmax\"]");
        if (words is null) return null;
        List<Located<HeadLayer>> layers = [];
        foreach (Located<string> word in words)
        {
            if (ReadHeadLayer(word, table.Bag) is { } layer) layers.Add(word.With(layer));
        }
        return new HeadSection(layers.ToEquatableArray(), table.Peek("layers")!.Span);
    }

    private static HeadLayer? ReadHeadLayer(Located<string> text, DiagnosticBag bag)
    {
        Match match = HeadLayerPattern.Match(text.Value);
        string word = match.Groups["word"].Value;
        string argument = match.Groups["argument"].Value;
        bool isKnown = LayerCatalogue.OfHeads.TryGetValue(word, out LayerType? type);
        if (isKnown && type!.Head!.Argument is { } wanted)
        {
            if (!double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                || (wanted.IsWhole && number != Math.Floor(number)))
            {
                bag.Report(SpecDiagnostics.WrongType, text.Span, word, wanted.Expected, argument.Length == 0 ? "nothing" : $"'{argument}'");
                return null;
            }
            if (!wanted.Range.Contains(number))
            {
                bag.Report(SpecDiagnostics.OutOfRange, text.Span, word, wanted.Range.Text, argument);
                return null;
            }
            return new HeadLayer(word, number);
        }

        if (!match.Success || argument.Length > 0 || !isKnown)
        {
            string suggestion = NearestName.Suggest(word.Length > 0 ? word : text.Value, LayerCatalogue.OfHeads.Keys);
            bag.Report(SpecDiagnostics.UnknownWord, text.Span, "head layer", text.Value, suggestion,
                string.Join(", ", LayerCatalogue.OfHeads.Values.Select(static known => known.Head!.Written)));
            return null;
        }
        return new HeadLayer(word, null);
    }

    private static void CheckStageNames(List<StageSection?> stages, DiagnosticBag bag)
    {
        for (int i = 0; i < stages.Count; i++)
        {
            if (stages[i] is not { Name: var name }) continue;
            int first = stages.FindIndex(stage => stage?.Name.Value == name.Value);
            if (first < i) bag.Report(SpecDiagnostics.DuplicateStage, name.Span, first + 1, name.Value);
        }
    }

    private static StageSection? Stage(TableReader table)
    {
        Located<string>? name = Required(table, "name", "the name of the stage in progress messages");
        Located<string>? freeze = table.String("freeze");
        long? epochs = table.Integer("epochs", NumberRange.Closed(1, 1_000_000))?.Value;
        if (!table.Has("epochs")) table.Missing("epochs", "how many times the training images are used");
        long batchSize = table.Integer("batch_size", NumberRange.Closed(1, 1_000_000))?.Value ?? 32;
        Optimizer? optimizer = ReadOptimizer(table);
        var backboneRates = new BackboneRates(
            table.Number("backbone_learning_rate", NumberRange.Above(0))?.Value,
            table.Number("layer_decay", NumberRange.AboveUpTo(0, 1))?.Value ?? 1);
        Schedule schedule = ReadSchedule(table, epochs ?? int.MaxValue, optimizer?.LearningRate ?? double.PositiveInfinity);
        var regularization = new Regularization(
            table.Number("label_smoothing", NumberRange.HalfOpen(0, 1))?.Value ?? 0,
            Word(table, "class_weights", "kind of class weights", Vocabulary.ClassWeights) ?? false,
            table.Number("clip_norm", NumberRange.Above(0))?.Value);
        Located<EarlyStopping>? earlyStopping = table.Integer("early_stopping", NumberRange.Closed(1, 1_000_000)) is { } patience
            ? patience.With(new EarlyStopping((int)patience.Value))
            : null;
        int? shards = ReadShards(table, batchSize);
        table.Finish();
        return name is null || epochs is null || optimizer is null
            ? null
            : new StageSection(
                name.Value, freeze ?? new Located<string>(Vocabulary.FreezeNone, table.Span), (int)epochs.Value, (int)batchSize, optimizer,
                backboneRates, schedule, regularization, earlyStopping, shards, table.Span);
    }

    private static int? ReadShards(TableReader table, long batchSize)
    {
        if (table.Integer("shards", NumberRange.Closed(1, batchSize)) is not { } shards) return null;
        if ((shards.Value & (shards.Value - 1)) == 0) return (int)shards.Value;
        table.Bag.Report(SpecDiagnostics.OutOfRange, shards.Span, "shards", "a power of two, such as 4 or 8", $"{shards.Value}");
        return null;
    }

    private static Schedule ReadSchedule(TableReader table, long epochs, double learningRate)
    {
        ScheduleKind kind = Word(table, "schedule", "schedule", Vocabulary.Schedules) ?? ScheduleKind.Constant;
        Schedule schedule = Schedule.Constant with
        {
            Kind = kind,
            WarmupEpochs = (int)(table.Integer("warmup_epochs", NumberRange.Closed(0, epochs - 1))?.Value ?? 0),
        };
        if (kind == ScheduleKind.Step)
        {
            if (!table.Has("step_size")) table.Missing("step_size", "epochs between two steps of the schedule");
            schedule = schedule with
            {
                StepSize = (int)(table.Integer("step_size", NumberRange.Closed(1, 1_000_000))?.Value ?? 1),
                Gamma = table.Number("gamma", NumberRange.HalfOpen(0, 1))?.Value ?? 0.1,
            };
        }
        if (kind == ScheduleKind.Cosine)
        {
            schedule = schedule with { EtaMin = table.Number("eta_min", NumberRange.Closed(0, learningRate))?.Value ?? 0 };
        }
        return schedule;
    }

    private static Optimizer? ReadOptimizer(TableReader table)
    {
        if (!table.Has("optimizer")) table.Missing("optimizer", string.Join(", ", Vocabulary.Optimizers.Keys));
        if (!table.Has("learning_rate")) table.Missing("learning_rate", "for example 0.001");
        OptimizerKind? kind = Word(table, "optimizer", "optimizer", Vocabulary.Optimizers);
        double? learningRate = table.Number("learning_rate", NumberRange.Above(0))?.Value;
        if (kind is null)
        {
            // It is not known which parameters belong here, so none of them is reported as unknown in addition.
            foreach (string key in (string[])["momentum", "dampening", "nesterov", "weight_decay", "alpha", "centered", "eps", "betas", "amsgrad"])
            {
                table.Peek(key);
            }
            return null;
        }

        bool adam = kind is OptimizerKind.Adam or OptimizerKind.AdamW;
        Optimizer optimizer = new(kind.Value, learningRate ?? double.NaN)
        {
            WeightDecay = table.Number("weight_decay", NumberRange.AtLeast(0))?.Value ?? (kind == OptimizerKind.AdamW ? 0.01 : 0),
        };
        if (!adam) optimizer = optimizer with { Momentum = table.Number("momentum", NumberRange.HalfOpen(0, 1))?.Value ?? 0 };
        if (kind == OptimizerKind.Sgd)
        {
            optimizer = optimizer with
            {
                Dampening = table.Number("dampening", NumberRange.HalfOpen(0, 1))?.Value ?? 0,
                Nesterov = table.Boolean("nesterov")?.Value ?? false,
            };
            if (optimizer.Nesterov && (optimizer.Momentum == 0 || optimizer.Dampening != 0))
            {
                table.Bag.Report(
                    SpecDiagnostics.OutOfRange, table.Peek("nesterov")!.Span, "nesterov", "used with a momentum above 0 and no dampening", "true");
            }
        }
        else
        {
            optimizer = optimizer with { Eps = table.Number("eps", NumberRange.Above(0))?.Value ?? 1e-8 };
        }
        if (kind == OptimizerKind.RmsProp)
        {
            optimizer = optimizer with
            {
                Alpha = table.Number("alpha", NumberRange.HalfOpen(0, 1))?.Value ?? 0.99,
                Centered = table.Boolean("centered")?.Value ?? false,
            };
        }
        if (adam)
        {
            optimizer = optimizer with { Amsgrad = table.Boolean("amsgrad")?.Value ?? false };
            if (table.Numbers("betas", NumberRange.HalfOpen(0, 1)) is { } betas)
            {
                if (betas.Count == 2) optimizer = optimizer with { Beta1 = betas[0].Value, Beta2 = betas[1].Value };
                else if (table.Peek("betas") is TomlList { Items.Count: not 2 } list)
                {
                    table.Bag.Report(SpecDiagnostics.WrongType, list.Span, "betas", "two numbers", $"{list.Items.Count}");
                }
            }
        }
        return learningRate is null ? null : optimizer;
    }

    private static Located<string>? Required(TableReader table, string key, string meaning)
    {
        if (!table.Has(key)) table.Missing(key, meaning);
        return Named(table, key);
    }

    /// <summary>A name, which is not empty.</summary>
    private static Located<string>? Named(TableReader table, string key)
    {
        Located<string>? value = table.String(key);
        if (value is { } empty && string.IsNullOrWhiteSpace(empty.Value))
        {
            table.Bag.Report(SpecDiagnostics.OutOfRange, empty.Span, key, "a name", "empty");
            return null;
        }
        return value;
    }

    private static T? Word<T>(TableReader table, string key, string kind, IReadOnlyDictionary<string, T> words)
        where T : struct => table.Word(key, kind, words, out T value) ? value : null;
}
