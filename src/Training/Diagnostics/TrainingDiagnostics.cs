using ModelSpec.Diagnostics;

namespace FineTune.Training.Diagnostics;

/// <summary>Every diagnostic of data (MSPEC1xxx), weights (2xxx) and training (3xxx); <c>docs/diagnostics.md</c> explains each.</summary>
internal static class TrainingDiagnostics
{

    public static readonly DiagnosticDescriptor NoDataset = Error("MSPEC1001", "No dataset", "The dataset folder '{0}' does not exist.");

    public static readonly DiagnosticDescriptor UnreadableImage = Warning("MSPEC1002", "Unreadable image", "'{0}' is skipped: {1}");

    public static readonly DiagnosticDescriptor TooManyUnreadable = Error("MSPEC1003", "Too many unreadable images",
        "{0} of {1} images cannot be read, more than 1%: the first is '{2}' ({3}). Repair or remove them.");

    public static readonly DiagnosticDescriptor EmptyClass = Error("MSPEC1004", "Class without images",
        "The class '{0}' has no images in '{1}'; images are .jpg, .jpeg, .png, .webp, .bmp and .gif.");

    public static readonly DiagnosticDescriptor UnknownFolder = Error("MSPEC1005", "Folder without a class",
        "The folder '{0}' in '{1}' is not one of the spec's classes.{2} Add it to classes, or move it away.");

    public static readonly DiagnosticDescriptor MissingFolder = Error("MSPEC1006", "Class without a folder",
        "The class '{0}' has no folder in '{1}'.{2}");

    public static readonly DiagnosticDescriptor SplitTooSmall = Error("MSPEC1007", "Too few images for the split",
        "The class '{0}' has {1} images, of which the split leaves none for {2}.");

    public static readonly DiagnosticDescriptor NotTheDataset = Error("MSPEC1008", "Not the dataset", "'{0}' is not {1}: {2}");

    public static readonly DiagnosticDescriptor UnreadableSplits = Error("MSPEC1020", "Unreadable official splits",
        "The official splits in '{0}' cannot be read: {1} Remove the file, so that it is downloaded again, or put the published one in its place.");

    public static readonly DiagnosticDescriptor NoOfficialSplit = Error("MSPEC1021", "No such official split",
        "The dataset '{0}' has no official split {1}: {2}.");

    public static readonly DiagnosticDescriptor NoOfficialValidation = Error("MSPEC1022", "Official split without validation images",
        "The official split {1} of '{0}' has no validation images, which early_stopping needs. Remove early_stopping, or write another split.");

    public static readonly DiagnosticDescriptor NoWeightFile = Error("MSPEC2001", "No weight file", "The weight file '{0}' does not exist.{1}");

    public static readonly DiagnosticDescriptor NoTrainedWeights = Error("MSPEC3021", "No trained weights",
        "There are no trained weights '{0}'. Train them with 'finetune train' or 'dotnet build -p:TrainModel=true', or select other weights with --weights.");

    public static readonly DiagnosticDescriptor NoLayer = Error("MSPEC3022", "No such layer",
        "The network has no layer '{0}'.{1} 'finetune inspect' lists the layers.");

    public static readonly DiagnosticDescriptor NoPretrained = Error("MSPEC3023", "No pretrained weights",
        "The spec asks for random weights (weights = \"none\"), so there is no pretrained backbone. Leave out --pretrained to use the trained weights.");

    public static readonly DiagnosticDescriptor NoPretrainedHead = Error("MSPEC3024", "No pretrained head",
        "'{0}' is a layer of the head, which has no pretrained weights. Choose a layer of the backbone, or leave out --pretrained.");

    public static readonly DiagnosticDescriptor CannotEmbed = Error("MSPEC3025", "Cannot read an image", "'{0}' cannot be read: {1}");

    public static readonly DiagnosticDescriptor WrongKernelAvoided = Warning("MSPEC3026", "Wrong kernel avoided",
        "The convolution '{0}' gives wrong results on this machine, so a slower, correct implementation is used. {1}. Please report it.");

    public static readonly DiagnosticDescriptor WrongKernel = Error("MSPEC3027", "Wrong results", "{0} Nothing was trained. Train on another machine, or with another libtorch (LibTorchDir).");

    public static readonly DiagnosticDescriptor DamagedWeights = Error("MSPEC2002", "Unreadable weight file", "The weight file '{0}' cannot be read: {1}");

    public static readonly DiagnosticDescriptor WeightShape = Error("MSPEC2003", "Weight shapes differ",
        "The weight file '{0}' does not fit {1}: '{2}' is [{3}] in the file, but [{4}] in the network.");

    public static readonly DiagnosticDescriptor WeightKeys = Error("MSPEC2004", "Weight keys differ", "The weight file '{0}' does not fit {1}: {2}.");

    public static readonly DiagnosticDescriptor Download = Error("MSPEC2005", "Download failed",
        "'{0}'{5} is not on this machine and cannot be downloaded: {2} Download {1} in another way{6} and put it at '{3}', or as '{4}' in a folder listed in ModelSpecAssets or MODELSPEC_ASSETS.");

    public static readonly DiagnosticDescriptor Digest = Error("MSPEC2006", "Digest differs",
        "The file downloaded from {0} is not the published file: its {1} is {2} instead of {3}. Nothing was kept; try again.");

    public static readonly DiagnosticDescriptor CannotWrite = Error("MSPEC3002", "Cannot write", "'{0}' cannot be written: {1} No partial file was left.");

    public static readonly DiagnosticDescriptor Diverged = Error("MSPEC3003", "Training diverged",
        "The loss of stage '{0}' became {1} in epoch {2}. Lower its learning_rate ({3}).");

    public static readonly DiagnosticDescriptor Device = Error("MSPEC3004", "No such device", "{0}");

    public static readonly DiagnosticDescriptor LibTorch = Error("MSPEC3005", "libtorch does not load", "{0}");

    public static readonly DiagnosticDescriptor Locked = Error("MSPEC3008", "Training needed in locked mode",
        "ModelSpecLocked is true, but the weights are out of date: {0}. Build with -p:TrainModel=true, and commit the lock and the weights.");

    public static readonly DiagnosticDescriptor DamagedCheckpoint = Warning("MSPEC3010", "Damaged checkpoint",
        "The checkpoint '{0}' is not used: {1}. The previous one is used instead.");

    public static readonly DiagnosticDescriptor DataChanged = Error("MSPEC3011", "Data changed",
        "The images in '{0}' changed while they were read. Nothing was trained; build again.");

    public static readonly DiagnosticDescriptor DamagedLock = Warning("MSPEC3012", "Unreadable lock",
        "The lock '{0}' cannot be read and is ignored: {1}");

    public static readonly DiagnosticDescriptor CannotCheckpoint = Error("MSPEC3014", "Cannot write a checkpoint",
        "'{0}' cannot be written: {1} Free some disk space and build again: training resumes after epoch {2}.");

    public static readonly DiagnosticDescriptor NoLock = Error("MSPEC3015", "No lock",
        "There is no '{0}' to verify against. dotnet build -p:TrainModel=true writes it.");

    public static readonly DiagnosticDescriptor NotAsLocked = Error("MSPEC3016", "Not as locked", "The current state differs from '{0}': {1}.");

    public static readonly DiagnosticDescriptor Precision = Error("MSPEC3017", "No such precision",
        "'{0}' is not a valid precision; ModelSpecPrecision is auto, fp32 or bf16.");

    public static readonly DiagnosticDescriptor NoRoom = Error("MSPEC3018", "No room for images or features",
        "Decoded images and the output of frozen layers fit neither ModelSpecMemory nor the disk of the cache: {0} Free some disk space, or move the cache with ModelSpecCache.");

    public static readonly DiagnosticDescriptor Memory = Error("MSPEC3019", "Not a valid size",
        "'{0}' is not a valid size; ModelSpecMemory is a number followed by KB, MB or GB, such as 1.5 GB.");

    public static readonly DiagnosticDescriptor TwoFolders = Error("MSPEC3036", "Two folders of one class",
        "The folders '{0}' and '{1}' in '{2}' are both the class '{3}', because case, spaces, '-' and '_' are ignored. Move the images into one of them.");

    public static readonly DiagnosticDescriptor Unexpected = Error("MSPEC3020", "Unexpected error", "{0} {1} {2}");

    public static readonly DiagnosticDescriptor NoSpec = Error("MSPEC3040", "No spec", "The spec '{0}' does not exist. Check the path.");

    public static readonly DiagnosticDescriptor UnknownDigest = Error("MSPEC3041", "No such digest",
        "'{0}' is not the digest of a file; write md5:HEX, sha256:HEX or sha512:HEX with at least {1} hexadecimal digits.");

    public static readonly DiagnosticDescriptor UnreadableFile = Error("MSPEC3042", "Unreadable file",
        "A file of the {0} cannot be read, so there is no digest of it: {1} Make it readable, or remove it.");

    public static readonly DiagnosticDescriptor NoAugmentation = Error("MSPEC1009", "No augmentation", "The spec has neither a [data.augment] table nor a [[processor]], so there is nothing to show.");

    public static readonly DiagnosticDescriptor GroupOfImporter = Error("MSPEC1010", "Groups of an importer",
        "group decides how images are drawn, but the importer '{0}' divides its images itself. Remove group, or let the importer give no parts.");

    public static readonly DiagnosticDescriptor NotAllowed = Warning("MSPEC1011", "Not an image to allow",
        "allow names '{0}', which is not an image of the dataset.{1} Write names as warnings do, or remove it.");

    public static readonly DiagnosticDescriptor LeakedCopies = Warning("MSPEC1012", "Copies on both sides of the split",
        "{0} images are trained with and also in the validation or test part, byte for byte: {1}. The accuracy counts them as new images. " + WayOutOfLeaks);

    public static readonly DiagnosticDescriptor CopiesOfTwoClasses = Warning("MSPEC1013", "One image, two classes",
        "{0} images are in two classes, byte for byte: {1}. " + WayOutOfClasses);

    public static readonly DiagnosticDescriptor LeakedNearCopies = Warning("MSPEC1014", "Near-duplicates on both sides of the split",
        "{0} images are trained with and look the same as images of the validation or test part: {1}. The accuracy counts them as new images. " + WayOutOfLeaks);

    public static readonly DiagnosticDescriptor NearCopiesOfTwoClasses = Warning("MSPEC1015", "Near-duplicates in two classes",
        "{0} images look the same and are in two classes: {1}. " + WayOutOfClasses);

    public static readonly DiagnosticDescriptor SameName = Error("MSPEC3030", "Two weights of one name",
        "The weight file '{0}' has both '{1}' and '{2}', which the backbone calls '{3}'. Change 'rename' of the weight set.");

    public static readonly DiagnosticDescriptor NotPublished = Warning("MSPEC3031", "Not the published weights",
        "'{0}' is used, but it is not the file at {1}: its {2} is {3} instead of {4}. If that is not intended, remove the file; the next training downloads the published one.");

    public static readonly DiagnosticDescriptor OtherPublisher = Warning("MSPEC3032", "Preprocessing of other weights",
        "'{0}' is a file of {1}. {1}'s weights of {2} (\"{3}\") expect preprocess = \"{4}\", but \"{5}\" is used. "
        + "Choose weights and preprocess that belong together, or write preprocess = \"{5}\" in [backbone] if it is intended.");

    public static readonly DiagnosticDescriptor PartError = Error("MSPEC3050", "Error of a plugin", "{0}");

    public static readonly DiagnosticDescriptor CannotLoadPlugin = Error("MSPEC3051", "Plugin does not load", "The plugin '{0}' cannot be loaded: {1}");

    public static readonly DiagnosticDescriptor NotAPlugin = Error("MSPEC3052", "Not a plugin", "'{0}' is not a plugin: {1}");

    public static readonly DiagnosticDescriptor OtherContracts = Error("MSPEC3053", "Plugin of other contracts",
        "The plugin '{0}' was built for version {1} of FineTune.Pipeline's contracts, but this trainer has version {2}. Use a version of the plugin that was built for {2}.");

    public static readonly DiagnosticDescriptor RegisterFailed = Error("MSPEC3054", "Plugin fails to register", "The plugin '{0}' fails to register its parts: {1}");

    public static readonly DiagnosticDescriptor DuplicatePart = Error("MSPEC3055", "One word, two parts",
        "The {0} '{1}' is registered by {2} and by {3}, so a spec cannot say which one it means.");

    public static readonly DiagnosticDescriptor ProvidesDiffers = Error("MSPEC3056", "Provides differs from the plugin",
        "The Provides of the ModelSpecPlugin item '{0}' is not what the plugin registers: {1}. Write Provides=\"{2}\".");

    public static readonly DiagnosticDescriptor PartFailed = Error("MSPEC3057", "Fault of a plugin",
        "The {0} of the plugin {1} failed because of an error in the plugin: {2}");

    public static readonly DiagnosticDescriptor PartHangs = Error("MSPEC3058", "Plugin does not stop",
        "The {0} of the plugin {1} did not stop after the training was cancelled, and was abandoned. Report it to the plugin's author: it must check Cancellation.");

    public static readonly DiagnosticDescriptor BrokenContract = Error("MSPEC3059", "Part breaks its contract",
        "The {0} of the plugin {1} breaks the contract of parts: {2} Report it to the plugin's author.");

    public static readonly DiagnosticDescriptor PartWarning = Warning("MSPEC3060", "Warning of a plugin", "{0}");

    public static readonly DiagnosticDescriptor FoldersOfImporter = Error("MSPEC3061", "Folders of an importer",
        "split names folders of the source, but the source is read by the importer '{0}', which has no folders. Write fractions, or lists of images (.txt).");

    public static readonly DiagnosticDescriptor OutputTaken = Error("MSPEC3062", "Two outputs at one place",
        "The {0} would write '{1}', which is already the output of {2}. Remove one of them.");

    public static readonly DiagnosticDescriptor NoImages = Error("MSPEC3063", "No images for an export",
        "The export needs images of the dataset '{0}', which is not on this machine. Put it there, or list its folder in ModelSpecAssets or MODELSPEC_ASSETS.");

    public static readonly DiagnosticDescriptor TooLargeForOnnx = Error("MSPEC3064", "Too large for ONNX",
        "The weights take {0} MB, but an ONNX file holds less than 2 GB. Use a smaller backbone, or a smaller layer of the head.");

    public static readonly DiagnosticDescriptor UnknownFormat = Error("MSPEC3065", "No such format",
        "There is no exporter '{0}'.{1} Known are: {2}.");

    public static readonly DiagnosticDescriptor ExportSetting = Error("MSPEC3066", "Not a setting of the exporter", "--set {0}: {1}");

    public static readonly DiagnosticDescriptor OnnxWord = Error("MSPEC3067", "No such form or precision",
        "'{0}' is not a {1} of the exporter 'onnx'.{2} Known are: {3}.");

    public static readonly DiagnosticDescriptor AccuracyDrop = Error("MSPEC3068", "Precision costs too much accuracy",
        "With precision = \"{0}\", {1} of the {2} test images are answered correctly, {3} with fp32: the accuracy drops by {4} points, and max_drop = {5} allows {6}. "
        + "Use a higher precision, or allow the drop.");

    public static readonly DiagnosticDescriptor NoOnnxRuntime = Error("MSPEC3069", "No ONNX Runtime",
        "The export is measured with ONNX Runtime, which cannot be loaded: {0} Write precision = \"fp32\", or add the package Microsoft.ML.OnnxRuntime to the project.");

    public static readonly DiagnosticDescriptor NothingToMeasure = Error("MSPEC3080", "No images to measure with",
        "The export with precision = \"{0}\" needs readable images of the {1} part, but there are none. Give that part some of the split, or write precision = \"fp32\".");

    public static readonly DiagnosticDescriptor DiskFull = Error("MSPEC3070", "Disk full",
        "The {0} could not write a file because there is no space left: {1} Free some space and run it again.");

    public static readonly DiagnosticDescriptor UnreadableList = Error("MSPEC3071", "Unreadable list of images", "The list of images '{0}' cannot be read: {1}");

    public static readonly DiagnosticDescriptor NotListed = Error("MSPEC3072", "Not an image of the dataset",
        "'{0}' is not an image of the dataset '{1}': {2}{3} Write a path relative to the dataset's folder or to that of the list.");

    public static readonly DiagnosticDescriptor ListedTwice = Error("MSPEC3073", "An image listed twice",
        "The image '{0}' is already in line {1} of '{2}'. Each image can be listed only once.");

    public static readonly DiagnosticDescriptor EmptyList = Error("MSPEC3074", "Empty list of images", "The list of images '{0}' is empty. Write one path per line.");

    public static readonly DiagnosticDescriptor NoSuchClass = Error("MSPEC3081", "No such class", "The spec has no class '{0}'. Its classes are: {1}.");

    public static readonly DiagnosticDescriptor CannotExplain = Error("MSPEC3082", "Nothing to explain with", "{0}");

    public static readonly DiagnosticDescriptor OverlayPlace = Error("MSPEC3083", "No place for overlays", "--out is '{0}', but {1}.");

    public static readonly DiagnosticDescriptor CannotPredict = Error("MSPEC3090", "Cannot classify a file", "{0}");

    public static readonly DiagnosticDescriptor NotAllPredicted = Error("MSPEC3091", "Files without an answer", "{0} of {1} files could not be classified.");

    public static readonly DiagnosticDescriptor NothingToPredict = Error("MSPEC3092", "Nothing to classify",
        "None of the arguments names an image. Write files, folders, patterns such as 'photos/**/*.jpg', or '-' for standard input.");

    public static readonly DiagnosticDescriptor TooFewForFolds = Error("MSPEC3112", "Too few images for the folds",
        "The class '{0}' has {1} readable training images, too few for cross_validation = {2}: every fold needs one. Add images, or write a smaller number.");

    public static readonly DiagnosticDescriptor MachineFaults = Error("MSPEC3093", "This machine is not ready", "{0} checks failed.");

    public static readonly DiagnosticDescriptor CannotCreate = Error("MSPEC3094", "No new project", "No project was made: {0}");

    public static readonly DiagnosticDescriptor NothingToFollow = Error("MSPEC3084", "No training to follow",
        "{0}. 'finetune watch --wait' waits for a training; --cache names the cache folder of a build that has its own.");

    public static readonly DiagnosticDescriptor TrainerGone = Error("MSPEC3085", "The trainer is gone",
        "The process that trained {0} is gone without saying how the training ended: it was killed, or could not write to its cache. Finished epochs are kept; train again.");

    public static readonly DiagnosticDescriptor Ranks = Error("MSPEC3100", "The ranks cannot train together", "{0}");

    public static readonly DiagnosticDescriptor RanksDiffer = Error("MSPEC3101", "The ranks differ",
        "Rank {0} on {1} has '{2}', but rank 0 on {4} has '{3}'. Give all ranks the same spec, data, weights, program and settings.");

    public static readonly DiagnosticDescriptor ShardsOfRanks = Error("MSPEC3102", "Shards cannot be divided among the ranks",
        "The stage '{0}' has {1} shards, which {2} ranks cannot share. Start 1, 2, 4, … ranks, and no more than shards.");

    public static readonly DiagnosticDescriptor RankTimeout = Error("MSPEC3103", "Not a time", "--rank-timeout must be a number of seconds above 0, not '{0}'.");

    public static readonly DiagnosticDescriptor NoOutside = Error("MSPEC3095", "No foreign images",
        "outside = \"{0}\": {1} Put images of none of the classes there, or remove the folder from outside.");

    public static readonly DiagnosticDescriptor AcceptNotReached = Warning("MSPEC3096", "Not enough right answers",
        "No answer will be certain: for no confidence do the {1} validation images show that at least {0} of the answers are right. "
        + "That takes at least {2} right answers without a wrong one; give validation more of the split, or lower accept.");

    public static readonly DiagnosticDescriptor NothingToCalibrate = Warning("MSPEC3097", "Nothing to calibrate on",
        "The network is not calibrated: its answers to the {0} validation images are all right, which fits every temperature near 0. "
        + "Give validation more of the split, or remove calibrate.");

    public static readonly DiagnosticDescriptor NoLibTorch = Error("MSPEC3120", "No libtorch in the folder",
        "The folder '{0}' of LibTorchDir or --libtorch has no {1}. Name the folder of an unpacked libtorch, PyTorch's folder 'torch', or the 'lib' folder in it.");

    public static readonly DiagnosticDescriptor LibTorchSymbols = Error("MSPEC3121", "libtorch of another version", "{0}");

    public static readonly DiagnosticDescriptor DeviceMemory = Error("MSPEC3122", "Out of device memory",
        "The memory of {0} is too small for the stage '{1}' with batch_size = {2}. Lower batch_size, or end other programs that use the device. Finished epochs are kept. libtorch says: {3}");

    private const string WayOutOfLeaks =
        "Keep copies in one part, with group = \"near-duplicates\" if the split is drawn, or list them in allow; 'finetune inspect-data' shows all of them.";

    private const string WayOutOfClasses = "Remove the wrong ones, or list them in allow; 'finetune inspect-data' shows all of them.";

    private static DiagnosticDescriptor Error(string code, string title, string format) => new(code, Severity.Error, title, format);

    private static DiagnosticDescriptor Warning(string code, string title, string format) => new(code, Severity.Warning, title, format);
}
