using System.Globalization;
using FineTune.Training.Cache;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Evaluators;
using FineTune.Training.Exporters;
using FineTune.Training.Locks;
using FineTune.Training.Stages;
using FineTune.Weights;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace FineTune.Training.Calibration;

/// <summary>What the weight file is after its network has learnt about its answers.</summary>
/// <param name="Weights">The digest of the file, which is in the cache.</param>
/// <param name="Facts">The table <c>[certainty]</c> of the lock; empty if the spec asks for nothing.</param>
internal sealed record CertainWeights(string Weights, IReadOnlyList<Fact> Facts);

/// <summary>
/// Fits what <c>[predict]</c> asks for after the last stage, and writes it into the metadata of the weight file. No tensor changes. The answers that
/// it needs are cached, so a change of <c>calibrate</c> or <c>accept</c> takes seconds.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="folder">The cache.</param>
/// <param name="device">Where answers that are not in the cache are computed: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="digests">Digests files.</param>
/// <param name="log">Receives the figures.</param>
internal sealed class CertaintyStage(SpecSource spec, CacheFolder folder, string device, FileDigests digests, IProgressLog log)
{
    private const string OutsideDigest = "outside_digest";
    private const string Trained = "trained";

    private readonly AnswerCache _answers = new(folder);

    private CertaintyPlan Plan => spec.Plan.Certainty;

    private string Name => spec.Network.ClassName;

    /// <summary>Why the weights of a lock have to learn about their answers again; empty if they are as the spec says.</summary>
    /// <param name="known">The lock.</param>
    /// <param name="spec">The spec.</param>
    public static IEnumerable<string> Differences(TrainingLock known, SpecSource spec) =>
        TrainingLock.Compare(known.Facts.Where(PlanFacts.IsAnswering), PlanFacts.Answering(spec.Plan)).Select(static change => change.Text);

    /// <summary>Whether the figures of foreign images in a lock are those of the folders that the spec names, or cannot be compared on this machine.</summary>
    /// <exception cref="TrainingException">A folder has no images, or one cannot be read.</exception>
    public bool IsOutsideKnown(TrainingLock known, CancellationToken cancellation)
    {
        string? recorded = known.Find(TrainingLock.Certainty, 0, OutsideDigest);
        if (Plan.Outside.Count == 0) return recorded is null;
        return !OutsideImages.AreHere(spec) || recorded == TomlLiteral.Of(OutsideImages.Find(spec, digests, cancellation)!.Digest);
    }

    /// <summary>Fits what the spec asks for.</summary>
    /// <param name="fingerprint">The fingerprint of the last stage.</param>
    /// <param name="split">The images.</param>
    /// <param name="file">The trained weights; their metadata may have earlier entries about certainty.</param>
    /// <param name="trained">The digest of the weights as the last stage wrote them.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <exception cref="TrainingException">Images are missing, or the weights cannot be written.</exception>
    public CertainWeights Run(string fingerprint, DatasetSplit split, string file, string trained, CancellationToken cancellation)
    {
        if (Plan.IsEmpty) return new CertainWeights(Write(fingerprint, file, trained, Certainty.None), []);
        OutsideImages? outside = OutsideImages.Find(spec, digests, cancellation);
        TestAnswers validation = Answers("validation", split.Validation), test = Answers("", split.Test);
        TestAnswers? foreign = outside is null ? null : Answers($"outside {outside.Digest}", outside.Images);
        CertaintyFit fit = CertaintyFit.Of(Plan, spec.Network.Classes.Count, validation, test, foreign, hasEnergy: !spec.Network.Mirror);
        List<Fact> facts = [.. fit.Facts(Plan), new(TrainingLock.Certainty, 0, Trained, TomlLiteral.Of(trained))];
        if (outside is not null) facts.Add(new(TrainingLock.Certainty, 0, OutsideDigest, TomlLiteral.Of(outside.Digest)));
        Tell(fit);
        Warn(facts);
        return new CertainWeights(Write(fingerprint, file, trained, fit.Certainty), facts);

        TestAnswers Answers(string kind, IReadOnlyList<LabeledImage> images)
        {
            if (_answers.Find(fingerprint, trained, kind) is { } known) return known;
            Evaluation evaluation = TestPass.Run(spec, file, images, Devices.Choose(device, spec.Name).Device, folder.Scratch, log, cancellation);
            var answers = TestAnswers.Of(evaluation, images);
            _answers.Save(fingerprint, trained, answers, kind);
            return answers;
        }
    }

    /// <summary>Warns of what the validation images did not allow.</summary>
    /// <param name="facts">The lock, or its table <c>[certainty]</c>.</param>
    public void Warn(IReadOnlyCollection<Fact> facts)
    {
        string? images = Find("validation_images");
        if (spec.Spec.Predict.Accept is { } accept && Find(CertaintyFit.ThresholdKey) == CertaintyFit.NoThreshold)
        {
            Report(accept.Span, TrainingDiagnostics.AcceptNotReached, accept.Value, images ?? "?", AcceptThreshold.LeastImages(accept.Value));
        }
        if (spec.Spec.Predict.Calibrate is { Value: true } calibrate && Find(CertaintyFit.TemperatureKey) == TomlLiteral.Of(1.0))
        {
            Report(calibrate.Span, TrainingDiagnostics.NothingToCalibrate, images ?? "?");
        }

        string? Find(string key) => facts.FirstOrDefault(fact => fact.Table == TrainingLock.Certainty && fact.Key == key)?.Value;

        void Report(SourceSpan span, DiagnosticDescriptor descriptor, params object[] arguments) =>
            log.Report(Diagnostic.Create(descriptor, spec.Spec.Path, span, arguments));
    }

    private void Tell(CertaintyFit fit)
    {
        if (Plan.Calibrate)
        {
            Line($"calibrated on {fit.Validation.All} validation images: temperature {fit.Certainty.Temperature:0.0000}; on the test images, the expected calibration error goes from {100 * fit.Before.ExpectedError:0.00}% to {100 * fit.After.ExpectedError:0.00}%, the log loss from {fit.Before.LogLoss:0.0000} to {fit.After.LogLoss:0.0000}");
        }
        if (fit.Certainty.Threshold is { } threshold && double.IsFinite(threshold))
        {
            Line($"answers are certain from a confidence of {100 * threshold:0.0}% on: {fit.Validation.Describe("validation images")}; {fit.Test.Describe("test images")}");
        }
        if (fit.Outside is not { } outside) return;
        if (fit.Certainty.Threshold is not null) Line($"of {outside.All} foreign images, {outside.All - outside.Certain} are refused as not certain ({100 * (1 - outside.Coverage):0.0}%)");
        string energy = fit.ByEnergy is { } byEnergy ? string.Create(CultureInfo.InvariantCulture, $", by energy {Describe(byEnergy)}") : "";
        Line($"foreign images against test images, by confidence {Describe(fit.ByConfidence!.Value)}{energy}");

        static string Describe(Separation separation) => string.Create(
            CultureInfo.InvariantCulture, $"AUROC {separation.Auroc:0.000} and {100 * separation.Refused:0.0}% refused where 95% of the validation images are kept");

        void Line(FormattableString text) => log.Line($"{Name}: {FormattableString.Invariant(text)}");
    }

    /// <summary>The weights with other entries about certainty, in the cache; those of the last stage without entries.</summary>
    private string Write(string fingerprint, string file, string trained, Certainty certainty)
    {
        var weights = new WeightCache(folder);
        if (certainty == Certainty.None && weights.Find(trained) is not null) return trained;
        try
        {
            using var model = new TrainedModels(file, trained, spec, fingerprint);
            Dictionary<string, string> metadata = new(StringComparer.Ordinal);
            foreach ((string key, string value) in model.Model.Metadata.Where(static entry => !Certainty.IsKey(entry.Key)).Concat(certainty.ToMetadata())) metadata[key] = value;
            return weights.Save(fingerprint, path =>
            {
                using FileStream output = File.Create(path);
                SafetensorsWriter.Write(output, [.. model.Select(static tensor => (tensor.Key, tensor.Shape))], i => model[i].Values, metadata);
            });
        }
        catch (InvalidDataException e)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.DamagedWeights, file, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, folder.NewWeights(fingerprint), e.Message.TrimEnd('.') + ".");
        }
    }
}
