using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Cache;
using FineTune.Training.Exporters.Report;
using SkiaSharp;

namespace Training.Tests.Exporters.Report;

public class ReportExporterTests
{
    private static readonly (string Old, string New) Export =
        ("[[stage]]\nname = \"warm-up\"", "[[export]]\nformat = \"report\"\n\n[[stage]]\nname = \"warm-up\"");

    private static readonly (string Old, string New) Validated =
        ("split = { train = 0.75, test = 0.25 }", "split = { train = 0.5, validation = 0.25, test = 0.25 }\n\n[data.augment]\nrotation = 20");

    private static readonly string[] Hostile = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(2)>"];

    [Fact]
    public void A_training_writes_a_page_with_its_curves_pictures_and_figures_and_tells_where_it_is()
    {
        using var project = new TinyProject();
        var log = new RecordingLog();

        project.Train(project.Read(Export, Validated), log);

        IDocument page = Parse(File.ReadAllText(project["tiny.report.html"]));
        // Loss and accuracy of two stages, the confusion matrix and the reliability diagram; three epochs each of training and validation images.
        Assert.Equal(6, page.QuerySelectorAll("svg").Length);
        Assert.All(page.QuerySelectorAll("#curves svg"), static svg => Assert.Equal(6, svg.QuerySelectorAll("ellipse, circle").Length));
        Assert.Equal(8, page.QuerySelectorAll("#uncertain img").Length);
        Assert.Equal(6 * 8, page.QuerySelectorAll("#augmented img").Length);
        // Each of the shown answers has its picture and its heat.
        int wrong = page.QuerySelectorAll("#mistakes figure").Length;
        Assert.Equal(Math.Min(6, wrong) + Math.Min(6, 8 - wrong), page.QuerySelectorAll("#heat figure").Length);
        Assert.All(page.QuerySelectorAll("#heat figure"), static figure => Assert.Equal(2, figure.QuerySelectorAll("img[alt]").Length));
        Assert.Contains(page.QuerySelectorAll("#heat img"), static picture => picture.GetAttribute("alt")!.StartsWith("where ", StringComparison.Ordinal));
        Assert.Equal(1 + 12, page.QuerySelectorAll("#layers tr").Length);
        Assert.Contains("16 / 8 / 8", page.Body!.TextContent, StringComparison.Ordinal);
        string fingerprint = Regex.Match(File.ReadAllText(project.Lock), "(?m)^fingerprint = \"(.*)\"").Groups[1].Value;
        Assert.Contains(fingerprint, page.QuerySelector("#origin")!.TextContent, StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line == $"TinyClassifier: open {new Uri(project["tiny.report.html"]).AbsoluteUri}");
    }

    [Fact]
    public void The_page_needs_no_other_file_and_has_no_script()
    {
        using var project = new TinyProject();

        project.Train(project.Read(Export));

        string html = File.ReadAllText(project["tiny.report.html"]);
        IDocument page = Parse(html);
        Assert.Empty(page.QuerySelectorAll("script, link, iframe, object, embed, [onerror], [onload], [onclick]"));
        Assert.All(page.QuerySelectorAll("[src]"), static element => Assert.StartsWith("data:image/jpeg;base64,", element.GetAttribute("src"), StringComparison.Ordinal));
        Assert.All(page.QuerySelectorAll("a"), static link => Assert.StartsWith("#", link.GetAttribute("href"), StringComparison.Ordinal));
        Assert.DoesNotContain("url(http", html, StringComparison.OrdinalIgnoreCase);
        string[] ids = [.. page.QuerySelectorAll("[id]").Select(static element => element.Id!)];
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.All(page.QuerySelectorAll("a"), link => Assert.Contains(link.GetAttribute("href")![1..], ids));
    }

    [Fact]
    public void The_figures_of_the_page_are_those_of_the_logits()
    {
        const int classes = 3, images = 40;
        var random = new Random(5);
        float[] logits = [.. Enumerable.Range(0, images * classes).Select(_ => (float)(4 * random.NextDouble()))];
        int[] labels = [.. Enumerable.Range(0, images).Select(static i => i % classes)];

        IDocument page = Parse(Write(new ImageAnswers([.. labels.Select(static (_, i) => $"{i:00}.png")], labels, logits), ["a", "b", "c"]));

        // In float64, by the definitions.
        double[][] shares = [.. logits.Chunk(classes).Select(static row => row.Select(x => Math.Exp(x) / row.Sum(static other => Math.Exp(other))).ToArray())];
        int[] answers = [.. shares.Select(static row => Array.IndexOf(row, row.Max()))];
        int right = labels.Zip(answers).Count(static pair => pair.First == pair.Second);
        double loss = labels.Select((label, i) => -Math.Log(shares[i][label])).Average();
        Assert.Contains($"test accuracy: {right} of {images} images", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains(Percent((double)right / images), page.QuerySelector(".tiles")!.TextContent, StringComparison.Ordinal);
        Assert.Contains(loss.ToString("0.0000", CultureInfo.InvariantCulture), page.QuerySelector(".tiles")!.TextContent, StringComparison.Ordinal);
        for (int c = 0; c < classes; c++)
        {
            double hits = labels.Zip(answers).Count(pair => pair.First == c && pair.Second == c);
            double precision = hits / answers.Count(answer => answer == c), recall = hits / labels.Count(label => label == c);
            string[] row = [.. page.QuerySelectorAll("#classes tr")[c + 1].Children.Select(static cell => cell.TextContent)];
            Assert.Equal([Digits(precision), Digits(recall), Digits(2 * precision * recall / (precision + recall))], row[1..4]);
            Assert.Equal(labels.Count(label => label == c).ToString(CultureInfo.InvariantCulture), row[5]);
        }
        int[] mistakes = [.. Enumerable.Range(0, images).Where(i => labels[i] != answers[i]).OrderByDescending(i => shares[i][answers[i]])];
        IHtmlCollection<IElement> shown = page.QuerySelectorAll("#mistakes figure");
        Assert.Equal(Math.Min(24, mistakes.Length), shown.Length);
        Assert.Contains($"{mistakes[0]:00}.png", shown[0].TextContent, StringComparison.Ordinal);
        Assert.Contains(Percent(shares[mistakes[0]].Max()), shown[0].TextContent, StringComparison.Ordinal);
        int least = Enumerable.Range(0, images).MinBy(i => shares[i].Max());
        Assert.Contains($"{least:00}.png", page.QuerySelector("#uncertain figure")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_and_right_answers_are_shown_with_the_heat_of_their_answers()
    {
        string[] names = ["a", "b", "c"];
        // Twelve images, of which the first eight get another class's answer, the first one with the least confidence.
        float[] logits = [.. Enumerable.Range(0, 12).SelectMany(static i => Enumerable.Range(0, 3).Select(c => c == (i < 8 ? i + 1 : i) % 3 ? 1 + 0.1f * i : 0f))];
        var answers = new ImageAnswers([.. Enumerable.Range(0, 12).Select(static i => $"{i:00}.png")], [.. Enumerable.Range(0, 12).Select(static i => i % 3)], logits);
        List<(string Image, int Label)> explained = [];

        string html = Write(answers, names, heat: (image, label) =>
        {
            explained.Add((image.Name, label));
            return new ImageHeat("grad-cam", 1, 2, new float[] { 0, 1 });
        });

        // The six most confident mistakes, and the four right answers: one of each class first.
        string[] expected = ["07.png", "06.png", "05.png", "04.png", "03.png", "02.png", "09.png", "10.png", "11.png", "08.png"];
        Assert.Equal(
            expected.Select(static name => (Name: name, Index: int.Parse(name[..2], CultureInfo.InvariantCulture))).Select(static image => (image.Name, (image.Index < 8 ? image.Index + 1 : image.Index) % 3)),
            explained);
        IDocument page = Parse(html);
        Assert.Contains("Grad-CAM", page.QuerySelector("#heat p")!.TextContent, StringComparison.Ordinal);
        IElement[] figures = [.. page.QuerySelectorAll("#heat figure")];
        Assert.Equal(10, figures.Length);
        for (int i = 0; i < figures.Length; i++)
        {
            IElement[] pictures = [.. figures[i].QuerySelectorAll("img")];
            Assert.Equal(2, pictures.Length);
            Assert.All(pictures, picture => Assert.Equal(expected[i], picture.GetAttribute("title")));
            string truth = figures[i].QuerySelector("b")!.TextContent, answer = names[explained[i].Label];
            Assert.Equal([truth, $"where {answer} is seen"], pictures.Select(static picture => picture.GetAttribute("alt")));
            Assert.Equal(i < 6 ? "is-wrong" : "is-right", figures[i].QuerySelector("figcaption span")!.ClassName);
            Assert.StartsWith($"{answer}, ", figures[i].QuerySelector("figcaption span")!.TextContent, StringComparison.Ordinal);
        }
        // The photo is grey. The heat makes its left violet and its right yellow.
        using SKBitmap photo = Decode(figures[0].QuerySelectorAll("img")[0]), overlay = Decode(figures[0].QuerySelectorAll("img")[1]);
        Assert.InRange(photo.GetPixel(14, 8).Red - photo.GetPixel(14, 8).Blue, -8, 8);
        Assert.True(overlay.GetPixel(1, 8).Blue > overlay.GetPixel(1, 8).Green + 30);
        Assert.True(overlay.GetPixel(14, 8).Green > overlay.GetPixel(14, 8).Blue + 30);

        static SKBitmap Decode(IElement picture) => SKBitmap.Decode(Convert.FromBase64String(picture.GetAttribute("src")!.Split(',')[1]));
    }

    [Fact]
    public void A_network_without_places_has_no_heat_and_the_page_says_why()
    {
        IDocument page = Parse(Write(new ImageAnswers(["0.png"], [0], new float[] { 2, 1 }), ["a", "b"], heat: static (_, _) => null));

        Assert.Contains("no layer whose output has rows and columns", page.QuerySelector("#heat")!.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("#heat img"));
        Assert.Single(page.QuerySelectorAll("#uncertain img"));
    }

    [Fact]
    public void Names_that_look_like_markup_are_text()
    {
        string[] names = [.. Hostile, "a & b", "lily\u0000\u202evalley"];
        float[] logits = [1, 2, 0, 0, 0, 0, 3, 1];

        IDocument page = Parse(Write(new ImageAnswers(["<b>0</b>.png", "'1'.png"], [0, 1], logits), names));

        Assert.Empty(page.QuerySelectorAll("script, img, [onerror], b b"));
        Assert.Equal(Hostile[0], page.QuerySelector("#classes td")!.TextContent);
        Assert.Contains(page.QuerySelectorAll("#confusion title"), title => title.TextContent == Hostile[1]);
        Assert.Contains("<b>0</b>.png", page.QuerySelector("#mistakes")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_training_gives_the_same_bytes()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(Export, Validated);
        project.Train(spec);
        byte[] first = File.ReadAllBytes(project["tiny.report.html"]);

        File.Delete(project["tiny.report.html"]);
        project.BringUpToDate(spec);

        Assert.Equal(first, File.ReadAllBytes(project["tiny.report.html"]));
    }

    [Fact]
    public void A_result_of_an_earlier_version_stays_valid_and_the_page_says_that_it_has_no_curves()
    {
        using var project = new TinyProject();
        byte[] weights = project.Train(project.Read());
        foreach (string file in Directory.GetFiles(Path.Combine(project.Cache, "stages")))
        {
            JsonNode entry = JsonNode.Parse(File.ReadAllText(file).Split('\n', 2)[1])!;
            Assert.Equal(3, entry["Epochs"]!.AsArray().Count);
            entry.AsObject().Remove("Epochs");
            CacheEntries.Write(file, entry);
        }
        var log = new RecordingLog();

        byte[] after = project.BringUpToDate(project.Read(Export), log);

        Assert.Equal(weights, after);
        Assert.DoesNotContain(log.Lines, static line => line.Contains("trains", StringComparison.Ordinal));
        IDocument page = Parse(File.ReadAllText(project["tiny.report.html"]));
        Assert.Contains("No figures of epochs are recorded", page.QuerySelector("#curves")!.TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.QuerySelectorAll("#confusion svg"));
    }

    [Fact]
    public void Without_dataset_and_answers_the_page_has_what_the_lock_knows_and_is_written_again_when_they_are_there()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string pictures = project["pictures"], moved = project["moved"];
        Directory.Move(pictures, moved);
        Directory.Delete(Path.Combine(project.Cache, "answers"), recursive: true);
        SpecSource spec = project.Read(Export);

        project.BringUpToDate(spec);
        IDocument without = Parse(File.ReadAllText(project["tiny.report.html"]));
        Directory.Move(moved, pictures);
        project.BringUpToDate(spec);
        IDocument with = Parse(File.ReadAllText(project["tiny.report.html"]));

        Assert.Contains("test accuracy", without.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("the dataset is not on the machine", without.QuerySelector("#classes")!.TextContent, StringComparison.Ordinal);
        Assert.Empty(without.QuerySelectorAll("img, #confusion svg"));
        Assert.NotEmpty(with.QuerySelectorAll("#uncertain img"));
        Assert.NotEmpty(with.QuerySelectorAll("#confusion svg"));
    }

    [Fact]
    public void A_thousand_classes_are_a_picture_with_a_pixel_for_each_pair()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(static i => $"class {i}")];
        float[] logits = new float[2 * names.Length];
        (logits[3], logits[names.Length + 7]) = (5, 5);

        string html = Write(new ImageAnswers(["0.png", "1.png"], [3, 4], logits), names);

        IDocument page = Parse(html);
        Assert.Single(page.QuerySelectorAll("#confusion image"));
        Assert.Equal(["class 4", "class 7", "1", "1"], page.QuerySelectorAll("#confusion tr")[1].Children.Select(static cell => cell.TextContent));
        Assert.InRange(html.Length, 1, 1_000_000);
    }

    private static IDocument Parse(string html)
    {
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        List<string> errors = [];
        var parser = new HtmlParser();
        parser.Error += (_, error) =>
        {
            int position = ((AngleSharp.Html.Dom.Events.HtmlErrorEvent)error).Position.Position;
            string place = html[Math.Max(0, position - 20)..Math.Min(html.Length, position + 40)];
            // The parser compares the name of this element in SVG with regard to case when it ends, unlike the specification.
            if (!place.Contains("</clipPath>", StringComparison.Ordinal)) errors.Add(place);
        };
        IDocument document = parser.ParseDocument(html);
        Assert.Empty(errors);
        return document;
    }

    /// <summary>The page of a network of which nothing is known but its answers.</summary>
    private static string Write(ImageAnswers answers, IReadOnlyList<string> classes, Func<PreparedImage, int, ImageHeat?>? heat = null)
    {
        using var file = new MemoryStream();
        var exporter = new ReportExporter();
        exporter.Export(new ExportContext
        {
            Folder = "",
            Classes = classes,
            Values = new PartValues(exporter.Parameters.ToDictionary(static parameter => parameter.Key, static parameter => parameter.Default!)),
            Report = new Silence(),
            Cancellation = TestContext.Current.CancellationToken,
            SpecName = "tiny",
            Model = new TrainedModel("Tiny", 16, 16, [], new Dictionary<string, string>())
            {
                Network = new NetworkGraph([], 0, 0, false),
                Preparation = new InputPreparation(false, 1, [0, 0, 0], [1, 1, 1], null),
                Digest = "sha256:0",
            },
            Create = _ => file,
            TestAnswers = () => answers,
            NamedImages = (_, wanted) => heat is null ? throw new PipelineException("There are no images.") : [.. wanted.Select(Grey)],
            Explain = heat ?? (static (_, _) => null),
        });
        return System.Text.Encoding.UTF8.GetString(file.ToArray());
    }

    private static PreparedImage Grey(string name)
    {
        byte[] pixels = new byte[3 * 16 * 16];
        Array.Fill(pixels, (byte)128);
        return new PreparedImage(name, 0, pixels);
    }

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    private static string Digits(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);

    private sealed class Silence : IPartReport
    {
        public void Line(string text)
        {
        }

        public void Warn(string message, string? key = null)
        {
        }
    }
}
