using System.Globalization;
using FineTune.Inference;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>What a precision below float32 costs, measured with ONNX Runtime on this machine.</summary>
/// <param name="Images">How many test images there are.</param>
/// <param name="Correct">To how many the file gives the right answer.</param>
/// <param name="CorrectInSingle">To how many the same network in float32 does.</param>
/// <param name="GoldenError">
/// The largest difference of the logits of the check image from the exact ones, as a share of the largest of them; null if the weights have no exact ones.
/// </param>
internal sealed record PrecisionFigures(int Images, int Correct, int CorrectInSingle, double? GoldenError)
{
    /// <summary>How much less accurate the file is, as a share of the images; negative if it is more accurate.</summary>
    public double Drop => (CorrectInSingle - Correct) / (double)Images;

    private double Accuracy => Correct / (double)Images;

    private double AccuracyInSingle => CorrectInSingle / (double)Images;

    /// <summary>Measures a network.</summary>
    /// <param name="single">The network in float32.</param>
    /// <param name="lower">The same in a lower precision.</param>
    /// <param name="context">The export.</param>
    /// <param name="images">The dataset's images.</param>
    /// <exception cref="PipelineException">There are no images, or no ONNX Runtime.</exception>
    public static PrecisionFigures Measure(TranslatedNetwork single, TranslatedNetwork lower, ExportContext context, MeasuringImages images)
    {
        int count = 0, correct = 0, correctInSingle = 0, classes = context.Classes.Count;
        using var exact = new NetworkSession(single, OnnxNames.Probabilities);
        using var written = new NetworkSession(lower, OnnxNames.Probabilities);
        foreach ((float[] input, int[] truth) in images.Test())
        {
            count += truth.Length;
            correctInSingle += Count(exact.RunOne(input, truth.Length), truth);
            correct += Count(written.RunOne(input, truth.Length), truth);
        }
        return new PrecisionFigures(count, correct, correctInSingle, MeasureGolden(lower, context, images));

        int Count(float[] probabilities, int[] truth)
        {
            int right = 0;
            for (int i = 0; i < truth.Length; i++)
            {
                ReadOnlySpan<float> row = probabilities.AsSpan(i * classes, classes);
                if (System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row) == truth[i]) right++;
            }
            return right;
        }
    }

    /// <summary>Tells people, and the lock.</summary>
    public void Tell(ExportContext context, OnnxOptions options)
    {
        context.Report.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.PrecisionWord} answers {Correct} of {Images} test images correctly ({Accuracy:0.00%}), fp32 {CorrectInSingle} ({AccuracyInSingle:0.00%})"));
        context.Record("accuracy", Math.Round(Accuracy, 6));
        context.Record("accuracy_fp32", Math.Round(AccuracyInSingle, 6));
    }

    /// <summary>Fails where the accuracy drops by more than was allowed.</summary>
    /// <exception cref="PipelineException">It does.</exception>
    public void Require(OnnxOptions options)
    {
        // The drop is a multiple of one image; sums of decimals must not decide.
        const double Tolerance = 1e-9;
        if (Drop <= options.MaxDrop + Tolerance) return;
        throw TrainingDiagnostics.AccuracyDrop.Exception(
            null, options.PrecisionWord, Correct, Images, CorrectInSingle, Points(Drop), options.MaxDrop.ToString("R", CultureInfo.InvariantCulture), Points(options.MaxDrop));
    }

    /// <summary>Adds them to the metadata of the file.</summary>
    public void AddTo(IDictionary<string, string> metadata)
    {
        metadata[OnnxModel.Prefix + "accuracy"] = Format(Accuracy);
        metadata[OnnxModel.Prefix + "accuracy_fp32"] = Format(AccuracyInSingle);
        metadata[OnnxModel.Prefix + "accuracy_images"] = Images.ToString(CultureInfo.InvariantCulture);
        if (GoldenError is { } error) metadata[OnnxModel.Prefix + "golden_error"] = error.ToString("0.0000e+0", CultureInfo.InvariantCulture);
    }

    private static double? MeasureGolden(TranslatedNetwork lower, ExportContext context, MeasuringImages images)
    {
        if (!context.Model.Metadata.TryGetValue(GoldenAnswers.Key, out string? text)) return null;
        double[] golden = GoldenAnswers.Parse(text, context.Classes.Count);
        using var session = new NetworkSession(lower, OnnxNames.Logits);
        float[] logits = session.RunOne(images.Check(), 1);
        double largest = golden.Max(Math.Abs), difference = golden.Zip(logits, static (exact, logit) => Math.Abs(exact - logit)).Max();
        return difference / Math.Max(largest, 1e-30);
    }

    private static string Format(double accuracy) => Math.Round(accuracy, 6).ToString("R", CultureInfo.InvariantCulture);

    private static string Points(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture);
}
