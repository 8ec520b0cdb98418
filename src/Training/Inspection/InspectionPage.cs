using System.Globalization;
using System.Text;
using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Exporters.Report;

namespace FineTune.Training.Inspection;

/// <summary>An inspection as a page with pictures, for review: one HTML file that needs no other file and no network.</summary>
/// <param name="found">The inspection.</param>
/// <param name="spec">The spec, whose images are decoded as its network gets to see them.</param>
internal sealed class InspectionPage(DataInspection found, SpecSource spec)
{
    /// <summary>The entries of each list that are drawn; a page with thousands of pictures helps nobody.</summary>
    private const int Shown = 200;

    private readonly StringBuilder _page = new();
    private readonly ImageSize _size = ImageSizes.Of(spec.Network);
    private readonly ImageResize? _resize = ImageResizes.Of(spec.Network);
    private readonly Thumbnails _thumbnails = new(ImageSizes.Of(spec.Network).Height, ImageSizes.Of(spec.Network).Width);

    /// <summary>Writes the page.</summary>
    /// <param name="cancellation">Cancels the decoding of pictures.</param>
    public string Write(CancellationToken cancellation = default)
    {
        Add($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>{found.Name}: data</title>
            <style>
            {new Markup(ReportStyle.Read())}</style>
            </head>
            <body>
            <main>
            <h1>{found.Name}: data</h1>
            <p>{InspectionText.Summary(found)}</p>

            """);
        if (found.Accuracy is { } accuracy) Add($"<p>{InspectionText.Sentence(accuracy)}</p>\n");
        Copies(cancellation);
        Labels(cancellation);
        LookAlikes(cancellation);
        Remarks(cancellation);
        Classes();
        if (found.Allowed > 0) Note(string.Create(CultureInfo.InvariantCulture, $"{found.Allowed} images are in allow and not listed."));
        Add($"</main>\n</body>\n</html>\n");
        return _page.ToString();
    }

    private void Copies(CancellationToken cancellation)
    {
        Begin("copies", InspectionText.Heading(found.Duplicates));
        foreach (DuplicateGroup group in found.Duplicates.Take(Shown))
        {
            string kind = group.IsIdentical ? "the same bytes" : "the same picture";
            string leak = group.IsLeak ? ", on both sides of the split" : "";
            string classes = group.HasTwoLabels ? ", in two classes" : "";
            Photos($"{kind}{leak}{classes}", group.Images.Select(image => (image, (string?)null)), cancellation);
        }
        End(found.Duplicates.Count);
    }

    private void Labels(CancellationToken cancellation)
    {
        Begin("labels", found.Suspects is { } list ? string.Create(CultureInfo.InvariantCulture, $"{list.Count} labels that are probably wrong") : "Labels that are probably wrong");
        if (found.Suspects is not { } suspects)
        {
            Note($"They were not looked for: {found.NotSearched}.");
            End(0);
            return;
        }
        Photos(null, suspects.Take(Shown).Select(suspect => (suspect.Image, (string?)string.Create(CultureInfo.InvariantCulture,
            $"looks like {found.Classes[suspect.Suggested]}, {100 * suspect.SuggestedProbability:0.0}%"))), cancellation);
        End(suspects.Count);
    }

    private void LookAlikes(CancellationToken cancellation)
    {
        if (found.LookAlikes.Count == 0) return;
        Begin("look-alikes", string.Create(CultureInfo.InvariantCulture, $"{found.LookAlikes.Count} pairs look alike to the backbone"));
        foreach (FeatureNeighbours pair in found.LookAlikes.Take(Shown))
        {
            Photos(string.Create(CultureInfo.InvariantCulture, $"cosine {pair.Cosine:0.000}"), [(pair.First, null), (pair.Second, null)], cancellation);
        }
        End(found.LookAlikes.Count);
    }

    private void Remarks(CancellationToken cancellation)
    {
        foreach (IGrouping<RemarkKind, ImageRemark> kind in found.Remarks.GroupBy(static remark => remark.Kind))
        {
            Begin(kind.Key.ToString().ToLowerInvariant(), InspectionText.Heading(kind.Key, kind.Count()));
            Photos(null, kind.Take(Shown).Select(static remark => (remark.Image, (string?)remark.Text)), cancellation);
            End(kind.Count());
        }
    }

    private void Classes()
    {
        Begin("classes", "Classes");
        Add($"<div class=\"scroll\"><table>\n<tr><th>class</th><th class=\"n\">train</th><th class=\"n\">validation</th><th class=\"n\">test</th><th></th></tr>\n");
        foreach (ClassImages count in found.Counts)
        {
            string few = count.IsSmall(found.Counts) ? "few training images" : "";
            Add($"<tr><td>{found.Classes[count.Class]}</td><td class=\"n\">{count.Train}</td><td class=\"n\">{count.Validation}</td><td class=\"n\">{count.Test}</td><td>{few}</td></tr>\n");
        }
        Add($"</table></div>\n</section>\n");
    }

    private void Photos(string? title, IEnumerable<(int Image, string? Text)> images, CancellationToken cancellation)
    {
        if (title is not null) Add($"<h3>{title}</h3>\n");
        Add($"<div class=\"photos\">\n");
        foreach ((int image, string? text) in images)
        {
            cancellation.ThrowIfCancellationRequested();
            InspectedImage shown = found.Images[image];
            string label = found.LabelOf(image);
            Add($"<figure>{Picture(shown, label)}<figcaption><b>{shown.Name}</b><span>{label}, {shown.PartName}</span>{(text is null ? default : Markup.Of($"<span class=\"is-wrong\">{text}</span>"))}</figcaption></figure>\n");
        }
        Add($"</div>\n");
    }

    private Markup Picture(InspectedImage image, string label)
    {
        if (image.Fault is not null) return Markup.Of($"<span class=\"quiet\">cannot be read</span>");
        byte[] pixels = new byte[_size.Bytes];
        try
        {
            ImageDecoder.Decode(EncodedImage.Read(image.Image.Path, ImageLimits.Default), _size, pixels, resize: _resize);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Markup.Of($"<span class=\"quiet\">cannot be read any more</span>");
        }
        return _thumbnails.Draw(new PreparedImage(image.Name, image.Image.Class, pixels), label);
    }

    private void Begin(string id, string title) => Add($"<section id=\"{id}\">\n<h2>{title}</h2>\n");

    private void End(int count)
    {
        if (count > Shown) Note(string.Create(CultureInfo.InvariantCulture, $"These are the first {Shown} of {count}; --json lists all."));
        Add($"</section>\n");
    }

    private void Note(string text) => Add($"<p class=\"quiet\">{text}</p>\n");

    private void Add(HtmlText html) => _page.Append(html.ToString());
}
