using System.Text.Encodings.Web;
using System.Text.Json;

namespace FineTune.Training.Inspection;

/// <summary>An inspection as JSON, for programs.</summary>
internal static class InspectionJson
{
    /// <summary>
    /// Writes <c>{ "classifier", "images", "classes": [ … ], "duplicates": [ … ], "suspectLabels": [ … ], "lookAlikes": [ … ], "remarks": [ … ], "accuracy" }</c>;
    /// <c>docs/data.md</c> describes each. <c>suspectLabels</c> and <c>accuracy</c> are null if they are not known.
    /// </summary>
    public static void Write(DataInspection found, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("classifier", found.Name);
        json.WriteNumber("images", found.Images.Count);
        Array("classes", found.Counts, count =>
        {
            json.WriteString("class", found.Classes[count.Class]);
            json.WriteNumber("train", count.Train);
            json.WriteNumber("validation", count.Validation);
            json.WriteNumber("test", count.Test);
            json.WriteBoolean("few", count.IsSmall(found.Counts));
        });
        Array("duplicates", found.Duplicates, group =>
        {
            json.WriteBoolean("identical", group.IsIdentical);
            json.WriteBoolean("leak", group.IsLeak);
            json.WriteBoolean("twoClasses", group.HasTwoLabels);
            Array("images", group.Images, Image);
        });
        if (found.Suspects is null)
        {
            json.WriteNull("suspectLabels");
        }
        else
        {
            Array("suspectLabels", found.Suspects, suspect =>
            {
                Image(suspect.Image);
                json.WriteString("suggested", found.Classes[suspect.Suggested]);
                json.WriteNumber("probability", suspect.GivenProbability);
                json.WriteNumber("suggestedProbability", suspect.SuggestedProbability);
            });
        }
        Array("lookAlikes", found.LookAlikes, pair =>
        {
            json.WriteNumber("cosine", Math.Round(pair.Cosine, 6));
            Array("images", [pair.First, pair.Second], Image);
        });
        Array("remarks", found.Remarks, remark =>
        {
            Image(remark.Image);
            json.WriteString("kind", remark.Kind.ToString().ToLowerInvariant());
            json.WriteString("text", remark.Text);
        });
        if (found.Accuracy is { } accuracy)
        {
            json.WriteStartObject("accuracy");
            json.WriteNumber("right", accuracy.Right);
            json.WriteNumber("images", accuracy.All);
            json.WriteNumber("rightWithoutCopies", accuracy.RightWithout);
            json.WriteNumber("imagesWithoutCopies", accuracy.AllWithout);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("accuracy");
        }
        json.WriteNumber("allowed", found.Allowed);
        json.WriteEndObject();

        void Image(int image)
        {
            json.WriteString("file", found.Images[image].Name);
            json.WriteString("part", found.Images[image].PartName);
            json.WriteString("class", found.LabelOf(image));
        }

        void Array<T>(string name, IEnumerable<T> items, Action<T> write)
        {
            json.WriteStartArray(name);
            foreach (T item in items)
            {
                json.WriteStartObject();
                write(item);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
    }
}
