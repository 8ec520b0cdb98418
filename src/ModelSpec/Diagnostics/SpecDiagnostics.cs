namespace ModelSpec.Diagnostics;

/// <summary>
/// Every diagnostic of the language (MSPEC0xxx). Those of data (1xxx), weights (2xxx) and training (3xxx) are in the trainer;
/// <c>docs/diagnostics.md</c> explains each code and how to fix it.
/// </summary>
public static class SpecDiagnostics
{
    /// <summary>The file is not TOML.</summary>
    public static readonly DiagnosticDescriptor Syntax = Error("MSPEC0001", "Not TOML", "{0}");

    /// <summary>A key or table that the language does not have.</summary>
    public static readonly DiagnosticDescriptor UnknownKey = Error("MSPEC0002", "Unknown key", "Unknown key '{0}' in {1}.{2}");

    /// <summary>A key or table that must be there.</summary>
    public static readonly DiagnosticDescriptor MissingKey = Error("MSPEC0003", "Missing key", "{0} needs the key '{1}': {2}.");

    /// <summary>A value of another type.</summary>
    public static readonly DiagnosticDescriptor WrongType = Error("MSPEC0004", "Wrong type", "'{0}' must be {1}, not {2}.");

    /// <summary>A number outside its range.</summary>
    public static readonly DiagnosticDescriptor OutOfRange = Error("MSPEC0005", "Out of range", "'{0}' must be {1}, not {2}.");

    /// <summary>A word that the language does not have.</summary>
    public static readonly DiagnosticDescriptor UnknownWord = Error("MSPEC0006", "Unknown word", "Unknown {0} '{1}'.{2} Known: {3}.");

    /// <summary>A name that cannot be a C# identifier.</summary>
    public static readonly DiagnosticDescriptor NotAnIdentifier =
        Error("MSPEC0007", "Not an identifier", "'{0}' cannot be {1}: it is not a C# identifier.");

    /// <summary>Two classes that would have the same enum member.</summary>
    public static readonly DiagnosticDescriptor DuplicateClass =
        Error("MSPEC0008", "Two classes, one member", "The classes '{0}' and '{1}' would both be the enum member '{2}'; rename one.");

    /// <summary>The head's outputs do not fit the classes.</summary>
    public static readonly DiagnosticDescriptor HeadOutputs = Error("MSPEC0009", "Head and classes differ",
        "The head's last linear layer has {0} outputs, but there are {1} classes; write \"linear({1})\".");

    /// <summary>A head whose layers cannot follow one another.</summary>
    public static readonly DiagnosticDescriptor HeadOrder = Error("MSPEC0010", "Head layers do not fit", "{0}");

    /// <summary>A freeze range that names no layers.</summary>
    public static readonly DiagnosticDescriptor FreezeRange = Error("MSPEC0011", "Freeze range", "{0}");

    /// <summary>A stage in which nothing learns.</summary>
    public static readonly DiagnosticDescriptor NothingToTrain = Error("MSPEC0012", "Nothing to train",
        "Stage '{0}' freezes every layer that has parameters, so nothing would be trained; the head begins at layer {1} ({2}).");

    /// <summary>An input that the backbone's pools shrink to nothing.</summary>
    public static readonly DiagnosticDescriptor InputTooSmall = Error("MSPEC0013", "Input too small",
        "An input of {0}×{1} is too small for {2}: layer {3} ({4}) would get {5}×{6}. The smallest input is {7}×{7}.");

    /// <summary>A split whose parts are missing or whose fractions do not sum to 1.</summary>
    public static readonly DiagnosticDescriptor Split = Error("MSPEC0014", "Split", "{0}");

    /// <summary>A backbone table that does not describe a network.</summary>
    public static readonly DiagnosticDescriptor Backbone = Error("MSPEC0015", "Backbone table", "{0}");

    /// <summary>Two specs of a project that would generate the same class.</summary>
    public static readonly DiagnosticDescriptor DuplicateModel = Error("MSPEC0016", "Two specs, one class",
        "The type '{0}' is already generated from '{1}'; give one of the specs another [model] name.");

    /// <summary>Two classes that would have the same folder.</summary>
    public static readonly DiagnosticDescriptor ClassesShareFolder = Error("MSPEC0030", "Two classes, one folder",
        "The classes '{0}' and '{1}' would have the same folder, because case, spaces, '-' and '_' are ignored in folder names; rename one.");

    /// <summary>A class name that the generated code uses for something else.</summary>
    public static readonly DiagnosticDescriptor ReservedClassName =
        Error("MSPEC0031", "Reserved class name", "'{0}' cannot be the class: {1}. Choose another name, for example '{2}'.");

    /// <summary>Two stages with the same name.</summary>
    public static readonly DiagnosticDescriptor DuplicateStage =
        Error("MSPEC0032", "Two stages, one name", "Stage {0} is called '{1}' too; rename one of the two.");

    /// <summary>Two backbones of a project with the same name.</summary>
    public static readonly DiagnosticDescriptor DuplicateBackbone =
        Error("MSPEC0033", "Two backbones, one name", "The backbone '{0}' of '{1}' has the same name as the one of '{2}'; rename one.");

    /// <summary>Layers of a backbone whose tensors would have the same names, or names that belong to the head.</summary>
    public static readonly DiagnosticDescriptor LayerKey = Error("MSPEC0034", "Layer keys", "{0}");

    /// <summary>A text that is not a valid digest.</summary>
    public static readonly DiagnosticDescriptor Digest = Error("MSPEC0035", "Not a digest",
        "'{0}' is not a digest; write \"md5:\" and 32 hexadecimal digits, or \"sha256:\" and the first 8 to 64.");

    /// <summary>A file name that is a path.</summary>
    public static readonly DiagnosticDescriptor FileName = Error("MSPEC0036", "Not a file name",
        "'{0}' is not a plain file name; the file is kept as weights/FILE in the asset folders, so it must not have folders or any of {1} in it.");

    /// <summary>The <c>Provides</c> metadata of a plugin, if it cannot be read.</summary>
    public static readonly DiagnosticDescriptor PluginProvides = Error("MSPEC0037", "Provides of a plugin",
        "The Provides of the ModelSpecPlugin item '{0}' cannot be read, at '{1}': {2}");

    /// <summary>A word that two plugins provide.</summary>
    public static readonly DiagnosticDescriptor DuplicatePart = Error("MSPEC0038", "Two plugins, one word",
        "The {0} '{1}' comes from {2} and from {3}, so a spec cannot say which one it means; remove one of the plugins.");

    /// <summary>A split with lists of images and folders.</summary>
    public static readonly DiagnosticDescriptor MixedSplit = Error("MSPEC0039", "Lists and folders in one split",
        "'{0}' is a list of images, but '{1}' is a folder, because it does not end with .txt. Write lists for all parts of the split, or folders for all.");

    /// <summary>A list of images that two parts of a split have in common.</summary>
    public static readonly DiagnosticDescriptor SharedList = Error("MSPEC0040", "One list, two parts",
        "The list '{0}' is already that of another part of the split; each part needs a list of its own.");

    /// <summary>A word that needs validation images, in a spec whose split has none.</summary>
    public static readonly DiagnosticDescriptor NeedsValidation = Error("MSPEC0042", "No validation images",
        "{0} validation images, but the split has none: add validation to [data] split, for example {{ train = 0.6, validation = 0.15, test = 0.25 }}.");

    /// <summary>A folder of foreign images that is named twice.</summary>
    public static readonly DiagnosticDescriptor OutsideTwice = Error("MSPEC0043", "One folder twice",
        "The folder '{0}' is named twice in outside; name it once.");

    /// <summary>A cross-validation whose first stage does not freeze the backbone.</summary>
    public static readonly DiagnosticDescriptor FoldsOfBackbone = Error("MSPEC0044", "Cross-validation needs a frozen backbone",
        "cross_validation trains the head of the first stage once for each fold, on the output of the frozen backbone, but the stage '{0}' trains layers of the backbone. "
        + "Write freeze = \"backbone\" in that stage, begin with a stage that has it, or remove cross_validation.");

    /// <summary>A test accuracy below <c>[quality] min_accuracy</c>.</summary>
    public static readonly DiagnosticDescriptor BelowMinAccuracy = Error("MSPEC3110", "Below the required accuracy",
        "The test accuracy of {0} is {1}%, but min_accuracy = {2} requires {3}%. {4}");

    /// <summary>A test accuracy that is lower than that of the lock by more than <c>[quality] max_drop</c>.</summary>
    public static readonly DiagnosticDescriptor AboveMaxDrop = Error("MSPEC3111", "Less accurate than before",
        "The test accuracy of {0} is {1}%, {2} points below the {3}% of the lock, but max_drop = {4} allows {5}. {6}");

    /// <summary>A spec that is not the one that its weights were trained from.</summary>
    public static readonly DiagnosticDescriptor SpecDrift = new("MSPEC3009", Severity.Warning, "Weights of an earlier spec",
        "The weights were trained from an earlier spec: {0}. Train them again with: dotnet build -p:TrainModel=true");

    /// <summary>Weights that the build would embed, but that were trained for other classes, input, preprocessing or layers than the spec's.</summary>
    public static readonly DiagnosticDescriptor OtherMeaning = new("MSPEC3028", Severity.Error, "Weights of another meaning",
        "The weights that the build embeds were trained for something else, so their answers would be wrong: {0}. Train them again with: dotnet build -p:TrainModel=true, or undo the change.");

    private static DiagnosticDescriptor Error(string code, string title, string format) => new(code, Severity.Error, title, format);
}
