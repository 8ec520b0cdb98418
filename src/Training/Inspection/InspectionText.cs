using System.Globalization;
using System.Text;

namespace FineTune.Training.Inspection;

/// <summary>An inspection as text, and the sentences that the page shows, too.</summary>
internal static class InspectionText
{
    /// <summary>The lines of each list that are written.</summary>
    private const int Shown = 20;

    /// <summary>All findings: a line for each list with its number, then its first entries.</summary>
    public static string Of(DataInspection found)
    {
        var text = new StringBuilder();
        text.Append(Summary(found)).Append('\n');
        if (found.Accuracy is { } accuracy) text.Append(Sentence(accuracy)).Append('\n');
        List(Heading(found.Duplicates), found.Duplicates, group => string.Join(" = ", group.Images.Select(image => Image(found, image))));
        if (found.Suspects is { } suspects)
        {
            List(Count(suspects.Count, "label is", "labels are") + " probably wrong", suspects, suspect => Sentence(found, suspect));
            List(Count(found.LookAlikes.Count, "pair looks", "pairs look") + " alike to the backbone", found.LookAlikes,
                pair => $"{Image(found, pair.First)} ~ {Image(found, pair.Second)}: cosine {Number(pair.Cosine, "0.000")}");
        }
        else
        {
            text.Append($"\nWrong labels were not looked for: {found.NotSearched}\n");
        }
        ClassImages[] small = [.. found.SmallClasses];
        if (small.Length > 0)
        {
            List(Count(small.Length, "class has", "classes have") + " few training images", small, count => $"{found.Classes[count.Class]}: {Count(count.Train, "image", "images")}");
        }
        foreach (IGrouping<RemarkKind, ImageRemark> kind in found.Remarks.GroupBy(static remark => remark.Kind))
        {
            List(Heading(kind.Key, kind.Count()), [.. kind], remark => $"{Image(found, remark.Image)}: {remark.Text}");
        }
        if (found.Allowed > 0) text.Append($"\n{Count(found.Allowed, "image is", "images are")} in allow and not listed\n");
        return text.ToString();

        void List<T>(string heading, IReadOnlyList<T> entries, Func<T, string> line)
        {
            text.Append('\n').Append(heading).Append('\n');
            foreach (T entry in entries.Take(Shown)) text.Append("  ").Append(line(entry)).Append('\n');
            if (entries.Count > Shown) text.Append($"  … and {entries.Count - Shown} more; --json and --html list all\n");
        }
    }

    /// <summary>How many images there are in each part.</summary>
    public static string Summary(DataInspection found) => string.Create(CultureInfo.InvariantCulture,
        $"{found.Images.Count} images of {found.Classes.Count} classes: {found.CountOf("train")} train, {found.CountOf("validation")} validation, {found.CountOf("test")} test");

    /// <summary>How many groups of copies there are.</summary>
    public static string Heading(IReadOnlyList<DuplicateGroup> groups)
    {
        int leaks = groups.Count(static group => group.IsLeak), labels = groups.Count(static group => group.HasTwoLabels);
        string where = leaks == 0 ? "" : $"; {Number(leaks, "0")} on both sides of the split";
        string which = labels == 0 ? "" : $"; {Number(labels, "0")} in two classes";
        return Count(groups.Count, "image is there", "images are there") + " more than once" + where + which;
    }

    /// <summary>How many images have a remark.</summary>
    public static string Heading(RemarkKind kind, int count) => kind switch
    {
        RemarkKind.Unreadable => Count(count, "image cannot", "images cannot") + " be read",
        RemarkKind.Tiny => Count(count, "image is", "images are") + " tiny",
        RemarkKind.Blank => Count(count, "image is", "images are") + " blank",
        RemarkKind.Blurred => Count(count, "image is", "images are") + " blurred, next to the others",
        _ => Count(count, "image is", "images are") + " turned upright by EXIF",
    };

    /// <summary>The accuracy with and without copies.</summary>
    public static string Sentence(LeakedAccuracy accuracy) => string.Create(CultureInfo.InvariantCulture,
        $"test accuracy {100 * accuracy.Accuracy:0.00}% ({accuracy.Right} of {accuracy.All}); {100 * accuracy.AccuracyWithout:0.00}% ({accuracy.RightWithout} of {accuracy.AllWithout}) without the {accuracy.All - accuracy.AllWithout} test images that have a copy in training");

    /// <summary>A label that is probably wrong.</summary>
    public static string Sentence(DataInspection found, SuspectLabel suspect) => string.Create(CultureInfo.InvariantCulture,
        $"{Image(found, suspect.Image)}: looks like {found.Classes[suspect.Suggested]} ({100 * suspect.SuggestedProbability:0.0}%; {found.Classes[suspect.Given]} {100 * suspect.GivenProbability:0.0}%)");

    private static string Image(DataInspection found, int image) => $"{found.Images[image].Name} ({found.Images[image].PartName}, {found.LabelOf(image)})";

    private static string Count(int count, string one, string many) => $"{Number(count, "0")} {(count == 1 ? one : many)}";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
