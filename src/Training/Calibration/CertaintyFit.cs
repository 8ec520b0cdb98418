using FineTune.Inference;
using FineTune.Training.Evaluators;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace FineTune.Training.Calibration;

/// <summary>What a network learns from validation images about its answers, and how that does on test images and on foreign ones.</summary>
/// <param name="Certainty">What its weight file gets.</param>
/// <param name="Before">The test images at the temperature 1.</param>
/// <param name="After">The test images at the fitted temperature.</param>
/// <param name="Validation">The certain answers to validation images.</param>
/// <param name="Test">The certain answers to test images.</param>
internal sealed record CertaintyFit(Certainty Certainty, Reliability Before, Reliability After, CertainShare Validation, CertainShare Test)
{
    /// <summary>The answers to foreign images: none of them is right; null without such images.</summary>
    public CertainShare? Outside { get; init; }

    /// <summary>How well the confidence tells foreign images.</summary>
    public Separation? ByConfidence { get; init; }

    /// <summary>
    /// How well the energy does, log Σ exp(logit) (W. Liu et al., "Energy-based Out-of-distribution Detection", arXiv:2010.03759); null where the
    /// mirrored image is evaluated too, as the mean of two probabilities has no energy.
    /// </summary>
    public Separation? ByEnergy { get; init; }

    /// <summary>Fits what a spec asks for.</summary>
    /// <param name="plan">What the spec asks for.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="validation">The answers to validation images, at the temperature 1.</param>
    /// <param name="test">The answers to test images.</param>
    /// <param name="outside">The answers to foreign images, or null.</param>
    /// <param name="hasEnergy">Whether the logits are those of the network, and not of a mean of probabilities.</param>
    public static CertaintyFit Of(CertaintyPlan plan, int classes, TestAnswers validation, TestAnswers test, TestAnswers? outside, bool hasEnergy)
    {
        var certainty = new Certainty { Temperature = plan.Calibrate ? TemperatureFit.Find(validation, classes) ?? 1 : 1 };
        ScoredAnswer[] known = ScoredAnswer.Of(validation, classes, certainty), tested = ScoredAnswer.Of(test, classes, certainty);
        if (plan.Calibrate || plan.Accept is not null)
        {
            certainty = certainty with { TrueLabels = TrueProbabilities.Of(known.Select(static answer => answer.TrueProbability)) };
        }
        if (plan.Accept is { } accept)
        {
            certainty = certainty with { Accept = accept, Threshold = AcceptThreshold.Choose(known, accept) ?? double.PositiveInfinity };
        }
        var fit = new CertaintyFit(
            certainty, new Reliability(ScoredAnswer.Of(test, classes, Certainty.None)), new Reliability(tested),
            CertainShare.Of(known, certainty), CertainShare.Of(tested, certainty));
        if (outside is null) return fit;
        ScoredAnswer[] foreign = [.. ScoredAnswer.Of(outside, classes, certainty).Select(static answer => answer with { IsRight = false })];
        return fit with
        {
            Outside = CertainShare.Of(foreign, certainty),
            ByConfidence = Separation.Of(Confidences(known), Confidences(tested), Confidences(foreign)),
            ByEnergy = hasEnergy ? Separation.Of(Energies(validation), Energies(test), Energies(outside)) : null,
        };

        static double[] Confidences(ScoredAnswer[] answers) => [.. answers.Select(static answer => (double)answer.Confidence)];

        double[] Energies(TestAnswers answers) => [.. Enumerable.Range(0, answers.Labels.Count).Select(i => ReportEvaluator.LogOfSum(answers.Logits.AsSpan(i * classes, classes)))];
    }

    /// <summary>The figures for the table <c>[certainty]</c> of the lock.</summary>
    /// <param name="plan">What the spec asks for.</param>
    public IEnumerable<Fact> Facts(CertaintyPlan plan)
    {
        yield return Of("validation_images", Validation.All);
        if (plan.Calibrate)
        {
            yield return Of(TemperatureKey, Certainty.Temperature);
            yield return Of("test_calibration_error_before", Before.ExpectedError);
            yield return Of("test_calibration_error", After.ExpectedError);
            yield return Of("test_log_loss_before", Before.LogLoss);
            yield return Of("test_log_loss", After.LogLoss);
        }
        if (Certainty.Threshold is { } threshold)
        {
            yield return double.IsFinite(threshold) ? Of(ThresholdKey, threshold) : new Fact(TrainingLock.Certainty, 0, ThresholdKey, NoThreshold);
            yield return Of("validation_coverage", Validation.Coverage);
            if (Validation.Accuracy is { } right) yield return Of("validation_accuracy", right);
            yield return Of("test_coverage", Test.Coverage);
            if (Test.Accuracy is { } tested) yield return Of("test_accuracy", tested);
        }
        if (Outside is not { } outside) yield break;
        yield return Of("outside_images", outside.All);
        if (Certainty.Threshold is not null) yield return Of("outside_refused", 1 - outside.Coverage);
        foreach ((string score, Separation? separation) in ((string, Separation?)[])[("confidence", ByConfidence), ("energy", ByEnergy)])
        {
            if (separation is not { } measured) continue;
            yield return Of($"outside_auroc_{score}", measured.Auroc);
            yield return Of($"outside_refused_{score}", measured.Refused);
        }

        static Fact Of(string key, double value) => new(TrainingLock.Certainty, 0, key, TomlLiteral.Of(Math.Round(value, 6)));
    }

    /// <summary>The key of the temperature in the lock.</summary>
    public const string TemperatureKey = "temperature";

    /// <summary>The key of the threshold in the lock.</summary>
    public const string ThresholdKey = "threshold";

    /// <summary>The literal of a threshold that no confidence reaches.</summary>
    public const string NoThreshold = "\"none\"";
}
