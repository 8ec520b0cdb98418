using ModelSpec.Backbones;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace ModelSpec.Schemas;

/// <summary>The notes of all keys: the descriptions that editors show, and the rules that the reader checks elsewhere than where it reads a key.</summary>
public static class KeyNotes
{
    /// <summary>
    /// An identifier, as a regular expression: no white space, no punctuation of ASCII except <c>_</c>, and no digit first. Classes of Unicode letters are written
    /// differently in different languages.
    /// </summary>
    private const string Identifier = @"[^\s!-/:-@\[-\^`{-~0-9][^\s!-/:-@\[-\^`{-~]*";

    private static readonly Dictionary<string, KeyNote> ByPath = new(StringComparer.Ordinal)
    {
        ["model"] = new("The class to generate."),
        ["model.name"] = new("The name of the generated C# class. `FlowerClassifier` also creates the enum `FlowerLabel`.")
        {
            Pattern = "^" + Identifier + "$",
            Examples = ["\"FlowerClassifier\""],
        },
        ["model.namespace"] = new("The namespace of the class; by default the project's `RootNamespace`.")
        {
            Pattern = "^" + Identifier + @"(\." + Identifier + ")*$",
        },
        ["model.classes"] = new("The labels in the order of the network's outputs, at least two. `\"lily valley\"` becomes the enum member `LilyValley`.")
        {
            LeastItems = 2,
            HasDistinctItems = true,
            Examples = ["[\"daisy\", \"tulip\"]"],
        },
        ["model.seed"] = new("Determines the split, shuffling, augmentation, dropout and initial weights.") { Default = 42L },

        ["data"] = new("Where the images come from and how they are divided."),
        ["data.source"] = new("A folder relative to this file, with one folder per class; `flowers17`; or `IMPORTER:ARGUMENT` if a plugin provides the importer.")
        {
            Examples = ["\"photos\"", "\"flowers17\""],
        },
        ["data.split"] = new("Which images are used for training and which for testing: fractions that sum to 1, folders below the source, or lists of images (`.txt`).")
        {
            Examples = ["{ train = 0.75, test = 0.25 }", "{ train = \"train\", test = \"val\" }"],
        },
        ["data.split.train"] = new("The images to train with: a fraction, a folder or a list.") { IsRequired = true, RequiredUnless = "official" },
        ["data.split.validation"] = new("The images that are evaluated after each epoch, but not trained with: a fraction, a folder or a list."),
        ["data.split.test"] = new("The images that the accuracy is measured on: a fraction, a folder or a list.") { IsRequired = true, RequiredUnless = "official" },
        ["data.split.official"] = new("The number of a split that the dataset's publisher offers, instead of the parts: 1, 2 or 3 for `flowers17`.") { Excludes = ["train", "validation", "test"] },
        ["data.group"] = new("Keeps images that look alike in one part of a split by fractions: `near-duplicates`. By default, every image is drawn by itself."),
        ["data.allow"] = new("Names of images whose warnings were looked at and are not reported again, as the warnings write them.")
        {
            Examples = ["[\"image_0421.jpg\"]"],
        },
        ["data.augment"] = new("Random changes of training images, named as in Keras's `ImageDataGenerator`. Everything is off by default."),
        ["data.augment.rotation"] = new("Degrees to either side.") { Default = 0.0 },
        ["data.augment.width_shift"] = new("A fraction of the width, to either side.") { Default = 0.0 },
        ["data.augment.height_shift"] = new("A fraction of the height, to either side.") { Default = 0.0 },
        ["data.augment.shear"] = new("The shear angle in degrees, to either side.") { Default = 0.0 },
        ["data.augment.zoom"] = new("Each axis is scaled by a factor of [1 - zoom, 1 + zoom].") { Default = 0.0 },
        ["data.augment.horizontal_flip"] = new("Mirrors half of the images. Leave it off if left and right matter, as in writing.") { Default = false },
        ["data.augment.brightness"] = new("Pixels are multiplied by a factor of [1 - brightness, 1 + brightness].") { Default = 0.0 },
        ["data.augment.fill"] = new("How uncovered pixels are filled; `constant` is black.") { Default = "nearest" },
        ["data.augment.views"] = new("The number of changed versions of each image, which the epochs use in turn; by default every epoch creates a new version."),

        ["processor"] = new("Changes training images after the random changes of `[data.augment]`. A plugin provides it."),
        ["processor.name"] = new("The word of the processor."),
        ["evaluator"] = new("Computes metrics of the trained network, in addition to the built-in report. A plugin provides it."),
        ["evaluator.name"] = new("The word of the evaluator."),
        ["export"] = new("Writes the trained network in another format, in addition to its weights. It causes no new training."),
        ["export.format"] = new("The format: a built-in one, or a plugin's.") { Examples = ["\"onnx\""] },

        ["backbone"] = new("The pretrained network to fine-tune."),
        ["backbone.architecture"] = new("A built-in backbone, or the name in a `.backbone` file of the project.")
        {
            Words = BackboneCatalogue.BuiltIn.Names.ToEquatableArray(),
            Examples = ["\"efficientnet_lite0\"", "\"resnet50\""],
        },
        ["backbone.weights"] = new("A weight set of the backbone, a path to a weight file, or `none` for random weights.")
        {
            Words = WeightSets().Append(Vocabulary.NoWeights).ToEquatableArray(),
            Examples = ["\"imagenet\"", "\"none\""],
        },
        ["backbone.input"] = new("Height and width in pixels; by default the backbone's usual input.")
        {
            LeastItems = 2,
            MostItems = 2,
            Examples = ["[224, 224]"],
        },
        ["backbone.width"] = new("The width multiplier of MobileNet: 0.25, 0.5, 0.75 or 1. Other backbones have none.") { Examples = ["0.75"] },
        ["backbone.preprocess"] = new("Overrides the preprocessing of the weight set.")
        {
            Words = Preprocessing.ByName.Keys.ToEquatableArray(),
            HasOnlyWords = true,
        },

        ["head"] = new("What replaces the backbone's own top."),
        ["head.layers"] = new("The layers in order. The last linear layer has one output for each class: `linear(17)`.")
        {
            Words = LayerCatalogue.OfHeads.Values.Where(static type => type.Head!.Argument is null).Select(static type => type.Word).ToEquatableArray(),
            Pattern = HeadLayerPattern(),
            Examples = ["[\"global_average_pool\", \"linear(256)\", \"relu\", \"dropout(0.5)\", \"linear(17)\", \"softmax\"]"],
        },

        ["stage"] = new("How the network is trained. Stages run in order, each with its own optimizer.") { LeastItems = 1 },
        ["stage.name"] = new("The name in messages; two stages cannot have the same name.") { Examples = ["\"warm-up\""] },
        ["stage.freeze"] = new("The layers that do not learn: inclusive ranges of indices or names with commas between them, `backbone`, `batch_norms` or `none`. `dotnet build -t:InspectModel` prints the layers.")
        {
            Default = Vocabulary.FreezeNone,
            Words = [Vocabulary.FreezeBackbone, Vocabulary.FreezeBatchNorms, Vocabulary.FreezeNone],
            Pattern = FreezeRange.Pattern,
            Examples = ["\"backbone\"", "\"0..14\"", "\"..block4_pool\"", "\"..blocks_11, batch_norms\""],
        },
        ["stage.epochs"] = new("How many times the training images are used.") { Examples = ["25"] },
        ["stage.batch_size"] = new("How many images one step of the optimizer sees.") { Default = 32L },
        ["stage.optimizer"] = new("The optimizer, with PyTorch's parameters."),
        ["stage.learning_rate"] = new("The learning rate of all layers that learn, or only of the head if `backbone_learning_rate` or `layer_decay` is given.") { Examples = ["0.001"] },
        ["stage.backbone_learning_rate"] = new("The learning rate of the backbone's layers."),
        ["stage.layer_decay"] = new("The learning rate of each group of backbone layers is that of the group after it times this factor.") { Default = 1.0 },
        ["stage.schedule"] = new("How the learning rate changes from epoch to epoch: `step` multiplies it by `gamma` every `step_size` epochs, `cosine` reduces it to `eta_min`.") { Default = "constant" },
        ["stage.warmup_epochs"] = new("Epochs in which the learning rate rises linearly, before the schedule begins; fewer than `epochs`.") { Default = 0L },
        ["stage.step_size"] = new("With `schedule = \"step\"`: the epochs between two steps."),
        ["stage.gamma"] = new("With `schedule = \"step\"`: the factor of a step.") { Default = 0.1 },
        ["stage.eta_min"] = new("With `schedule = \"cosine\"`: the learning rate at the end, at most `learning_rate`.") { Default = 0.0 },
        ["stage.label_smoothing"] = new("The share of each label that is spread over all classes.") { Default = 0.0 },
        ["stage.class_weights"] = new("`balanced` gives rare classes more weight in the loss.") { Default = "none" },
        ["stage.clip_norm"] = new("The largest norm of all gradients together; no limit by default."),
        ["stage.early_stopping"] = new("Ends the stage when the validation loss has not improved for this number of epochs, and keeps the best weights. Requires `validation` in the split."),
        ["stage.shards"] = new("Computes the gradient of each batch in this number of parts, a power of two, so that the weights are the same on 1, 2, 4, … ranks, up to this number.") { Examples = ["4"] },
        ["stage.momentum"] = new("The momentum of `sgd` and `rmsprop`.") { Default = 0.0, Examples = ["0.9"] },
        ["stage.dampening"] = new("The dampening of the momentum of `sgd`.") { Default = 0.0 },
        ["stage.nesterov"] = new("Nesterov momentum of `sgd`; needs a momentum above 0 and no dampening.") { Default = false },
        ["stage.weight_decay"] = new("The L2 penalty, decoupled in `adamw`; 0.01 by default for `adamw`, otherwise 0."),
        ["stage.alpha"] = new("The smoothing of squared gradients of `rmsprop`.") { Default = 0.99 },
        ["stage.centered"] = new("Whether `rmsprop` normalises by the variance.") { Default = false },
        ["stage.eps"] = new("What `rmsprop`, `adam` and `adamw` add to the denominator.") { Default = 1e-8 },
        ["stage.betas"] = new("The smoothing of gradients and of squared gradients of `adam` and `adamw`; [0.9, 0.999] by default.")
        {
            LeastItems = 2,
            MostItems = 2,
            Examples = ["[0.9, 0.999]"],
        },
        ["stage.amsgrad"] = new("Whether `adam` and `adamw` keep the maximum of squared gradients.") { Default = false },

        ["predict.calibrate"] = new("Fits one temperature for the logits on the validation images, so that confidences agree with frequencies. Requires `validation` in the split."),
        ["predict.accept"] = new("The share of the certain answers that is right. Answers below the confidence that gives it on the validation images are not certain. Requires `validation` in the split.") { Examples = ["0.95"] },
        ["data.outside"] = new("Folders of foreign images, of none of the classes: how many of them are refused is reported. Requires `validation` in the split.") { Examples = ["\"not-flowers\""] },
        ["predict"] = new("How the trained network answers."),
        ["predict.mirror"] = new("Also evaluates the mirrored image and returns the mean of both probabilities. It costs a second pass.") { Default = false },

        ["quality"] = new("What is required of the trained network. The weights do not depend on it."),
        ["quality.min_accuracy"] = new("The smallest accepted share of right answers to the test images. Below it, the build fails.") { Examples = ["0.94"] },
        ["quality.max_drop"] = new("How much lower than that of the lock the test accuracy of a new training can be. Beyond it, the build fails.") { Examples = ["0.01"] },
        ["quality.cross_validation"] = new("The number of folds in which the head of the first stage is trained and evaluated on the training images. The first stage must freeze the backbone.") { Examples = ["5"] },
    };

    /// <summary>The paths of all keys that have a note.</summary>
    public static IEnumerable<string> Paths => ByPath.Keys;

    /// <summary>The note of a key by its path, such as <c>data.augment.zoom</c>; null if there is none.</summary>
    public static KeyNote? Find(string path) => ByPath.TryGetValue(path, out KeyNote? note) ? note : null;

    /// <summary>The words of a head, with numbers for their arguments. Ranges of numbers cannot be part of it.</summary>
    private static string HeadLayerPattern() => @"^\s*(" + string.Join("|", LayerCatalogue.OfHeads.Values.Select(static type => type.Head!.Argument switch
    {
        null => type.Word,
        { IsWhole: true } => type.Word + @"\s*\(\s*[0-9][0-9.eE+]*\s*\)",
        _ => type.Word + @"\s*\(\s*[0-9.][0-9.eE+-]*\s*\)",
    })) + @")\s*$";

    private static IEnumerable<string> WeightSets() => BackboneCatalogue.BuiltIn.Names
        .SelectMany(static name => BackboneCatalogue.BuiltIn.Find(name)!.WeightSets).Select(static set => set.Name).Distinct(StringComparer.Ordinal).OrderBy(static name => name, StringComparer.Ordinal);
}
