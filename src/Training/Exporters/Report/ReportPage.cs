using System.Globalization;
using System.Text;
using FineTune.Pipeline;
using FineTune.Training.Calibration;
using FineTune.Training.Evaluators;
using FineTune.Training.Statistics;
using ModelSpec.Locks;

namespace FineTune.Training.Exporters.Report;

/// <summary>The page about a training, section by section.</summary>
/// <param name="context">What the exporter is given.</param>
internal sealed class ReportPage(ExportContext context)
{
    /// <summary>The most mistakes, and the most right answers, that are explained.</summary>
    private const int MostHeat = 6;

    private readonly StringBuilder _page = new();
    private readonly ImageAnswers? _given = context.TestAnswers();
    private readonly AnswerTable? _answers = context.TestAnswers() is { } answers ? new AnswerTable(answers, context.Classes) : null;
    private readonly Thumbnails _thumbnails = new(context.Model.InputHeight, context.Model.InputWidth);

    private TrainingRecord Training => context.Training;

    private TrainedModel Model => context.Model;

    private TrainedStage? Last => Training.Stages.Count == 0 ? null : Training.Stages[^1];

    /// <summary>Writes the page.</summary>
    public string Write()
    {
        (string Id, string Title, Action Write)[] sections =
        [
            ("training", "Training", Stages),
            ("curves", "Curves", Curves),
            ("confusion", "Confusion matrix", Confusion),
            ("classes", "Classes", Classes),
            ("certainty", "Certainty", CertaintySection),
            ("mistakes", "Most confident mistakes", Mistakes),
            ("uncertain", "Least certain answers", Uncertain),
            ("heat", "What the network looks at", Heat),
            ("augmented", "Augmented samples", Augmented),
            ("layers", "Layers", Layers),
            ("origin", "Origin and environment", Origin),
        ];
        Add($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>{Model.Name}: report</title>
            <style>
            {new Markup(ReportStyle.Read())}</style>
            </head>
            <body>
            <main>
            <h1>{Model.Name}</h1>

            """);
        Summary();
        Add($"<nav>{Markup.Join(sections, static section => Markup.Of($"<a href=\"#{section.Id}\">{section.Title}</a>\n"))}</nav>\n");
        foreach ((string id, string title, Action write) in sections)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            Add($"<section id=\"{id}\">\n<h2>{title}</h2>\n");
            write();
            Add($"</section>\n");
        }
        Add($"</main>\n</body>\n</html>\n");
        return _page.ToString();
    }

    private void Add(HtmlText html) => _page.Append(html.ToString());

    private void Note(string text) => Add($"<p class=\"quiet\">{text}</p>\n");

    private void Summary()
    {
        string pretrained = Training.PretrainedWeights is { } file ? $"pretrained ({file})" : "random weights";
        Add($"<p>An image classifier of {context.Classes.Count} classes: the backbone {Training.Backbone} with {pretrained}, trained on {Training.Dataset} in {Count(Training.Stages.Count, "stage")}.</p>\n<div class=\"tiles\">\n");
        if (TestScore() is { } score)
        {
            WilsonInterval interval = WilsonInterval.Of(score.Right, score.All);
            Tile(Percent(score.All == 0 ? 0 : (double)score.Right / score.All), $"test accuracy: {score.Right} of {score.All} images");
            Tile($"{Percent(interval.Low)} – {Percent(interval.High)}", "95% interval of the accuracy (Wilson)");
        }
        if (CrossValidation() is { } folds) Tile($"{Percent(folds.Accuracy)} ± {Percent(folds.Deviation)}", $"cross-validation of the first stage: mean and standard deviation of {folds.Folds} folds");
        if ((_answers?.Loss ?? Last?.TestLoss) is { } loss) Tile(Number(loss, "0.0000"), "test loss (cross-entropy)");
        if (Parts() is { } parts) Tile(string.Join(" / ", parts.Select(static part => part.Images)), string.Join(" / ", parts.Select(static part => part.Part)) + " images");
        Tile(Number(Training.Layers.Sum(static layer => layer.Parameters), "N0"), "parameters");
        Tile($"{Model.InputHeight} × {Model.InputWidth}", "input in pixels");
        Add($"</div>\n");

        void Tile(string value, string text) => Add($"<div><b>{value}</b><span>{text}</span></div>\n");
    }

    private void Stages()
    {
        Add($"<div class=\"scroll\"><table>\n<tr><th>stage</th><th class=\"n\">epochs</th><th class=\"n\">batch</th><th>optimizer</th><th class=\"n\">learning rate</th><th class=\"n\">trained parameters</th><th class=\"n\">time</th><th class=\"n\">images/s</th><th class=\"n\">test accuracy</th><th class=\"n\">test loss</th></tr>\n");
        int? images = int.TryParse(Training.Find("split", "train"), CultureInfo.InvariantCulture, out int count) ? count : null;
        foreach (TrainedStage stage in Training.Stages)
        {
            double seconds = stage.History.Sum(static epoch => epoch.Seconds);
            bool isComplete = stage.History.Count > 0 && stage.History[^1].Epoch == stage.History.Count;
            string epochs = isComplete && stage.History.Count < stage.Epochs ? $"{stage.History.Count} of {stage.Epochs}" : Number(stage.Epochs, "0");
            string time = isComplete ? Time(seconds) : "";
            string rate = images is { } all && seconds > 0 ? Number(all * stage.History.Count / seconds, "0") : "";
            string accuracy = stage.TestAccuracy is { } share ? Percent(share) : "";
            string loss = stage.TestLoss is { } mean ? Number(mean, "0.0000") : "";
            Add($"<tr><td>{stage.Name}</td><td class=\"n\">{epochs}</td><td class=\"n\">{stage.BatchSize}</td><td>{stage.Optimizer}</td><td class=\"n\">{stage.LearningRate}</td><td class=\"n\">{stage.Parameters:N0}</td><td class=\"n\">{time}</td><td class=\"n\">{rate}</td><td class=\"n\">{accuracy}</td><td class=\"n\">{loss}</td></tr>\n");
        }
        Add($"</table></div>\n");
        if (Training.Stages.Any(static stage => stage.History.Count > 0)) Note("The time is that of the epochs, with the evaluation of validation images; decoding and frozen layers that are computed once are not part of it.");
        Add($"<details><summary>The spec</summary>\n<pre>{Training.Spec}</pre>\n</details>\n");
    }

    private void Curves()
    {
        if (Training.Stages.All(static stage => stage.History.Count == 0))
        {
            Note("No figures of epochs are recorded: the network was trained on another machine, by an earlier version, or its stages are no longer in the cache.");
            return;
        }
        bool isValidated = Training.Stages.Any(static stage => stage.History.Any(static epoch => epoch.ValidationLoss is not null));
        Markup validation = isValidated ? Markup.Of($"<span class=\"key second\">validation images</span>") : default;
        Add($"<p class=\"quiet\"><span class=\"key\">training images, as the network learns from them (changed at random, with dropout)</span>{validation}</p>\n");
        for (int i = 0; i < Training.Stages.Count; i++)
        {
            TrainedStage stage = Training.Stages[i];
            Add($"<h3>{stage.Name}</h3>\n");
            if (stage.History.Count == 0)
            {
                Note("No figures of its epochs are recorded.");
                continue;
            }
            Add($"<div class=\"plots\">\n<figure><figcaption>Loss</figcaption>{CurvePlots.Loss($"loss{i}", stage)}</figure>\n<figure><figcaption>Accuracy</figcaption>{CurvePlots.Accuracy($"accuracy{i}", stage)}</figure>\n</div>\n");
        }
    }

    private void Confusion()
    {
        if (_answers is null)
        {
            NoAnswers();
            return;
        }
        ConfusionMatrix confusion = _answers.Confusion;
        bool isNamed = context.Classes.Count <= ConfusionPlot.MostNamed;
        Add($"<p class=\"quiet\">Rows are the true classes, columns the answers. ");
        if (isNamed) Add($"<span class=\"key\">right</span><span class=\"key wrong\">wrong</span>");
        else Add($" Axes count the classes from 0 in the order of the spec.");
        Add($"</p>\n<div class=\"matrix\">{ConfusionPlot.Draw(confusion)}</div>\n");
        IReadOnlyList<(string Truth, string Answer, int Count, int Support)> worst = confusion.Worst(10);
        if (worst.Count == 0) return;
        Add($"<h3>Most frequent confusions</h3>\n<div class=\"scroll\"><table>\n<tr><th>class</th><th>answer</th><th class=\"n\">images</th><th class=\"n\">of</th></tr>\n");
        foreach ((string truth, string answer, int number, int support) in worst) Add($"<tr><td>{truth}</td><td>{answer}</td><td class=\"n\">{number}</td><td class=\"n\">{support}</td></tr>\n");
        Add($"</table></div>\n");
    }

    private void Classes()
    {
        if (_answers is null)
        {
            NoAnswers();
            return;
        }
        Add($"<div class=\"scroll\"><table>\n<tr><th>class</th><th class=\"n\">precision</th><th class=\"n\">recall</th><th class=\"n\">F1</th><th></th><th class=\"n\">test images</th></tr>\n");
        for (int i = 0; i < context.Classes.Count; i++) Row(context.Classes[i], _answers.Confusion.Score(i));
        Row("mean over classes", _answers.Confusion.Average(weighted: false));
        Row("mean over images", _answers.Confusion.Average(weighted: true));
        Add($"</table></div>\n");

        void Row(string name, ClassScore score) => Add(
            $"<tr><td>{name}</td><td class=\"n\">{score.Precision:0.000}</td><td class=\"n\">{score.Recall:0.000}</td><td class=\"n\">{score.F1:0.000}</td><td><span class=\"bar\"><i style=\"width:{100 * score.F1:0.#}%\"></i></span></td><td class=\"n\">{score.Support}</td></tr>\n");
    }

    private void CertaintySection()
    {
        Certainty certainty = Certainty.Read(Model.Metadata);
        if (_given is not { } answers) NoAnswers();
        else
        {
            TestAnswers tested = new([], answers.Labels, answers.Logits.ToArray());
            bool isCalibrated = certainty.Temperature != 1;
            var after = new Reliability(ScoredAnswer.Of(tested, context.Classes.Count, Certainty.None));
            Reliability? before = isCalibrated ? new Reliability(ScoredAnswer.Of(tested.At(1 / certainty.Temperature), context.Classes.Count, Certainty.None)) : null;
            Markup key = isCalibrated ? Markup.Of($"<span class=\"key\">calibrated</span><span class=\"key second\">before</span>") : default;
            Add($"<p class=\"quiet\">The share of right answers to test images by confidence, in {Reliability.BinCount} bins. Expected calibration error: {Percent(after.ExpectedError)}{(before is null ? "" : $", before calibration {Percent(before.ExpectedError)}")}. {key}</p>\n<div class=\"plots\">\n<figure>{ReliabilityPlot.Draw("reliability", after, before)}</figure>\n</div>\n");
        }
        RecordedFact[] facts = [.. Training.Facts.Where(static fact => fact.Table == TrainingLock.Certainty && fact.Key is not ("trained" or "outside_digest"))];
        if (facts.Length == 0)
        {
            Note("The spec asks for neither calibrate nor accept, so every answer counts as certain.");
            return;
        }
        Add($"<div class=\"scroll\"><table>\n");
        foreach (RecordedFact fact in facts) Add($"<tr><th>{fact.Key.Replace('_', ' ')}</th><td class=\"n\">{fact.Value}</td></tr>\n");
        Add($"</table></div>\n");
    }

    private void Mistakes()
    {
        if (_answers is null) NoAnswers();
        else if (_answers.Confusion.Correct == _answers.Confusion.Count) Note("There are none: every test image got the right answer.");
        else Photos(_answers.Mistakes);
    }

    private void Uncertain()
    {
        if (_answers is null) NoAnswers();
        else Photos(_answers.LeastCertain);
    }

    /// <summary>The first of some answers, with their pictures where the images are here.</summary>
    private void Photos(IEnumerable<AnsweredImage> answers)
    {
        AnsweredImage[] shown = [.. answers.Take((int)context.Values.Whole(ReportExporter.Examples))];
        if (shown.Length == 0)
        {
            Note("The spec asks for no examples.");
            return;
        }
        Dictionary<string, PreparedImage> images = Find(shown);
        Add($"<div class=\"photos\">\n");
        foreach (AnsweredImage answer in shown)
        {
            Figure(answer, images.TryGetValue(answer.Image, out PreparedImage? image) ? _thumbnails.Draw(image, context.Classes[answer.Truth]) : default);
        }
        Add($"</div>\n");
    }

    /// <summary>Some mistakes and some right answers, each with the heat of its answer.</summary>
    private void Heat()
    {
        if (_answers is null)
        {
            NoAnswers();
            return;
        }
        int most = (int)Math.Min(MostHeat, context.Values.Whole(ReportExporter.Examples));
        AnsweredImage[] shown = [.. _answers.Mistakes.Take(most), .. _answers.RightAnswers.Take(most)];
        if (shown.Length == 0)
        {
            Note("The spec asks for no examples.");
            return;
        }
        Dictionary<string, PreparedImage> images = Find(shown);
        List<(AnsweredImage Answer, PreparedImage Image, ImageHeat Heat)> explained = [];
        foreach (AnsweredImage answer in shown)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (images.TryGetValue(answer.Image, out PreparedImage? image) && context.Explain(image, answer.Answer) is { } heat) explained.Add((answer, image, heat));
        }
        if (explained.Count == 0)
        {
            if (images.Count > 0) Note("The network has no layer whose output has rows and columns, so no place of an image can be told from another.");
            return;
        }
        Note(explained[0].Heat.Method == "grad-cam"
            ? "The parts of an image that its answer comes from (Grad-CAM): violet counts least, yellow most. The most confident mistakes come first, then right answers."
            : "The parts of an image that its answer comes from (attention rollout): violet counts least, yellow most. The most confident mistakes come first, then right answers.");
        Add($"<div class=\"photos pairs\">\n");
        foreach ((AnsweredImage answer, PreparedImage image, ImageHeat heat) in explained)
        {
            string given = context.Classes[answer.Answer];
            Figure(answer, Markup.Of($"<span class=\"pair\">{_thumbnails.Draw(image, context.Classes[answer.Truth])}{_thumbnails.DrawHeat(image, heat, $"where {given} is seen")}</span>"));
        }
        Add($"</div>\n");
    }

    /// <summary>The images of answers by their names; none where they are not on this machine, which the page says.</summary>
    private Dictionary<string, PreparedImage> Find(IEnumerable<AnsweredImage> shown)
    {
        Dictionary<string, PreparedImage> images = new(StringComparer.Ordinal);
        try
        {
            foreach (PreparedImage image in context.NamedImages(DatasetPart.Test, [.. shown.Select(static answer => answer.Image)])) images[image.Name] = image;
        }
        catch (PipelineException)
        {
            Note("The images are not on the machine that wrote this page.");
        }
        return images;
    }

    private void Figure(AnsweredImage answer, Markup picture)
    {
        string truth = context.Classes[answer.Truth], given = context.Classes[answer.Answer], kind = answer.IsRight ? "is-right" : "is-wrong";
        Add($"<figure>{picture}<figcaption><b>{truth}</b><span class=\"{kind}\">{given}, {Percent(answer.Confidence)}</span><span class=\"quiet\">{answer.Image}</span></figcaption></figure>\n");
    }

    private void Augmented()
    {
        const int images = 6, versions = 8;
        IReadOnlyList<PreparedImage> samples = context.Values.Whole(ReportExporter.Examples) == 0 ? [] : context.AugmentedImages(images, versions);
        if (samples.Count == 0)
        {
            Note("There are none: the spec changes no training images or asks for no examples, or the images are not on the machine that wrote this page.");
            return;
        }
        Add($"<p class=\"quiet\">Training images as the first epochs see them: a row for each image.</p>\n<div class=\"samples\" style=\"grid-template-columns:repeat({versions},1fr)\">\n");
        foreach (PreparedImage sample in samples) Add($"{_thumbnails.Draw(sample, context.Classes[sample.Class])}\n");
        Add($"</div>\n");
    }

    private void Layers()
    {
        Add($"<details><summary>{Count(Training.Layers.Count, "layer")}</summary>\n<div class=\"scroll\"><table>\n<tr><th class=\"n\"></th><th>name</th><th>type</th><th>output</th><th class=\"n\">parameters</th><th>trained in</th></tr>\n");
        foreach (TrainedLayer layer in Training.Layers)
        {
            Add($"<tr><td class=\"n\">{layer.Index}</td><td>{layer.Name}</td><td>{layer.Type}</td><td>{string.Join(" × ", layer.Shape)}</td><td class=\"n\">{layer.Parameters:N0}</td><td>{string.Join(", ", layer.TrainedIn)}</td></tr>\n");
        }
        Add($"</table></div>\n</details>\n");
    }

    private void Origin()
    {
        Add($"<div class=\"scroll\"><table>\n");
        Row("dataset", Training.Dataset);
        Row("digest of the images", Training.Find("data", "digest"));
        foreach ((string part, string images) in Parts() ?? []) Row($"{part} images", images);
        Row("backbone", Training.Backbone);
        Row("pretrained weights", Training.PretrainedWeights);
        Row("published at", Training.PretrainedUrl);
        Row("digest of the pretrained weights", Training.Find("backbone", "weights_digest"));
        Row("licence", context.Values.Text(ReportExporter.License));
        foreach (RecordedFact fact in Training.Facts.Where(static fact => fact.Table == "environment")) Row(fact.Key, fact.Value);
        foreach (RecordedFact fact in Training.Facts.Where(static fact => fact.Table == "plugins" && fact.Key == "file")) Row("plugin", fact.Value);
        Row("digest of the trained weights", Model.Digest);
        Row("fingerprint", Model.Fingerprint);
        Add($"</table></div>\n");
        if (Training.Facts.Count == 0)
        {
            Note("No lock records these weights, so it is not known what they were trained from.");
            return;
        }
        Add($"<details><summary>Everything that the lock records</summary>\n<div class=\"scroll\"><table>\n");
        foreach (RecordedFact fact in Training.Facts) Row($"{(fact.Table.Length == 0 ? "" : fact.Index > 0 ? $"{fact.Table} {fact.Index} " : $"{fact.Table} ")}{fact.Key}", fact.Value);
        Add($"</table></div>\n</details>\n");

        void Row(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) Add($"<tr><th>{name}</th><td class=\"text\">{value}</td></tr>\n");
        }
    }

    private void NoAnswers() => Note("The answers to the test images are not in the cache, and the dataset is not on the machine that wrote this page.");

    /// <summary>The right answers and all of them: counted, or as the lock has them.</summary>
    private (int Right, int All)? TestScore() => _answers is not null
        ? (_answers.Confusion.Correct, _answers.Confusion.Count)
        : Last?.TestAccuracy is { } accuracy && int.TryParse(Training.Find("split", "test"), CultureInfo.InvariantCulture, out int all)
            ? ((int)Math.Round(accuracy * all), all)
            : null;

    /// <summary>The cross-validation that the lock records.</summary>
    private (double Accuracy, double Deviation, string Folds)? CrossValidation() =>
        Training.Find("cross_validation", "folds") is { } folds && Figure("accuracy") is { } accuracy && Figure("deviation") is { } deviation
            ? (accuracy, deviation, folds)
            : null;

    private double? Figure(string key) =>
        double.TryParse(Training.Find("cross_validation", key), CultureInfo.InvariantCulture, out double value) ? value : null;

    private (string Part, string Images)[]? Parts() =>
        ((string[])["train", "validation", "test"]).Select(part => (part, Images: Training.Find("split", part) ?? "")).Where(static part => part.Images is not ("" or "0")).ToArray()
            is { Length: > 0 } parts ? parts : null;

    private static string Percent(double share) => Number(100 * share, "0.0") + "%";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Time(double seconds) =>
        seconds < 60 ? Number(seconds, "0.0") + " s" : TimeSpan.FromSeconds(seconds).ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
