using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Data;
using FineTune.Training.Evaluators;
using FineTune.Training.Locks;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec.Locks;

namespace FineTune.Training.Inspection;

/// <summary>Looks at the dataset of a spec before it is learnt from.</summary>
/// <param name="spec">The spec.</param>
/// <param name="assets">The folders of datasets and weights, and the cache.</param>
/// <param name="device">The device that features are computed on: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="log">Receives progress.</param>
/// <param name="libTorch">The folder of a libtorch that is used instead of the package's, or null.</param>
internal sealed class DataInspector(SpecSource spec, AssetFolders assets, string device, IProgressLog log, string? libTorch = null)
{
    private readonly CacheFolder _cache = new(assets.Cache);

    private string Name => spec.Network.ClassName;

    /// <summary>Looks at every image.</summary>
    /// <param name="isQuick">Whether to leave out what needs the backbone: wrong labels, and images that look alike to it.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <exception cref="Diagnostics.TrainingException">The dataset or the pretrained weights are missing, damaged, or do not fit the spec.</exception>
    public DataInspection Run(bool isQuick, CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        var loader = new DatasetLoader(assets, new Downloader(assets, log, client), log);
        DatasetSplit split = loader.Load(spec, cancellation);
        var allowed = new AllowedImages(spec);
        allowed.ReportUnknown(split, log);

        using FeatureReader? features = isQuick ? null : FeatureReader.Create(spec, device, assets, log, cancellation);
        string? notSearched = isQuick ? "--quick leaves them out" : features is null ? "the backbone has no pretrained weights" : null;
        log.Line(FormattableString.Invariant($"{Name}: looks at {split.Count} images{(features is null ? "" : $" with {spec.Network.Backbone}")}"));
        IReadOnlyList<InspectedImage> images = new ImageInspector(spec, new FileDigests(_cache.Digests), features, log).Look(split, cancellation);

        IReadOnlyList<DuplicateGroup> all = DuplicateGroup.Find(images, static _ => true, cancellation);
        ImageSize input = ImageSizes.Of(spec.Network);
        return new DataInspection(
            Name,
            [.. spec.Network.Classes.Select(static c => c.Text)],
            images,
            ClassImages.Of(images, spec.Network.Classes.Count),
            allowed.Duplicates(images, cancellation),
            features is null ? [] : LookAlikes(images, all, allowed, cancellation),
            features is null ? null : [.. Suspects(images, all, cancellation).Where(suspect => !allowed.Contains(images[suspect.Image].Image))],
            notSearched,
            [.. ImageRemarks.Find(images, ImageResizes.Of(spec.Network)?.Cover(input) ?? input).Where(remark => !allowed.Contains(images[remark.Image].Image))],
            Accuracy(images, all, split, loader, client, cancellation),
            images.Count(image => allowed.Contains(image.Image)));
    }

    private static FeatureNeighbours[] LookAlikes(
        IReadOnlyList<InspectedImage> images, IReadOnlyList<DuplicateGroup> groups, AllowedImages allowed, CancellationToken cancellation)
    {
        Dictionary<int, int> groupOf = [];
        for (int i = 0; i < groups.Count; i++)
        {
            foreach (int image in groups[i].Images) groupOf[image] = i;
        }
        return
        [
            .. FeatureNeighbours.Find([.. images.Select(image => allowed.Contains(image.Image) ? null : image.Features)], cancellation)
                .Where(pair => !groupOf.TryGetValue(pair.First, out int group) || !groupOf.TryGetValue(pair.Second, out int other) || group != other),
        ];
    }

    /// <summary>The labels that are probably wrong. A class with fewer images than folds is left out: there is nothing to compare them with.</summary>
    private IEnumerable<SuspectLabel> Suspects(IReadOnlyList<InspectedImage> images, IReadOnlyList<DuplicateGroup> groups, CancellationToken cancellation)
    {
        HashSet<int> classes = [.. images.Where(static image => image.Features is not null).GroupBy(static image => image.Image.Class)
            .Where(static group => group.Count() >= OutOfSample.Folds).Select(static group => group.Key)];
        int[] numbers = [.. Enumerable.Range(0, images.Count).Where(i => images[i].Features is not null && classes.Contains(images[i].Image.Class))];
        if (classes.Count < 2) return [];
        Dictionary<int, int> places = numbers.Select(static (image, place) => (image, place)).ToDictionary(static p => p.image, static p => p.place);
        int[] labels = [.. numbers.Select(i => images[i].Image.Class)];
        double[][] probabilities = OutOfSample.Probabilities(
            [.. numbers.Select(i => images[i].Features!)], labels,
            [.. groups.Select(group => group.Images.Where(places.ContainsKey).Select(image => places[image]).ToArray())],
            spec.Network.Classes.Count, spec.Plan.Seed, cancellation);
        return ConfidentLearning.Find(probabilities, labels).Select(suspect => suspect with { Image = numbers[suspect.Image] });
    }

    /// <summary>The test accuracy with and without copies, if the weights next to the spec are those of this spec and these images.</summary>
    private LeakedAccuracy? Accuracy(
        IReadOnlyList<InspectedImage> images, IReadOnlyList<DuplicateGroup> groups, DatasetSplit split, DatasetLoader loader, HttpClient client,
        CancellationToken cancellation)
    {
        HashSet<string> leaked = [.. groups.Where(group => group.Images.Any(image => images[image].Part == DatasetPart.Train))
            .SelectMany(static group => group.Images).Where(image => images[image].Part == DatasetPart.Test).Select(image => images[image].Name)];
        string weights = TrainedWeights.FileOf(spec);
        if (leaked.Count == 0 || !File.Exists(weights) || LockFiles.Read(FineTuningOptions.LockFile(spec), log) is not { } known) return null;
        var digests = new FileDigests(_cache.Digests);
        var reader = new TrainingInputReader(spec, loader, new PretrainedWeights(assets, new Downloader(assets, log, client)), digests, libTorch);
        TrainingInputs inputs = reader.Read(LockFiles.Environment(known, "device") ?? "cpu", LockFiles.Environment(known, "precision") ?? "fp32", known, cancellation);
        if (inputs.Fingerprint != known.Fingerprint || FileDigests.ComputeOrNull(weights, cancellation) is not { } digest || digest != known.Weights)
        {
            log.Line($"{Name}: the weights next to the spec are not those of this spec and these images, so the accuracy without copies is not known");
            return null;
        }
        TestAnswers answers = new AnswerCache(_cache).Find(inputs.Fingerprint, known.TrainedWeights!) ?? TestAnswers.Of(
            TestPass.Run(spec, weights, split.Test, Devices.Choose(device, spec.Name).Device, _cache.Scratch, log, cancellation), split.Test);
        return LeakedAccuracy.Of(answers, leaked, spec.Network.Classes.Count);
    }
}
