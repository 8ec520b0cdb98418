using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using FineTune.Pipeline;

namespace SamplePlugin;

/// <summary>
/// Reads images and their labels from a CSV file (RFC 4180), <c>source = "csv:labels.csv"</c>. Its first row names the columns. Paths of images
/// are relative to the file, and labels are classes of the spec.
/// </summary>
public sealed class CsvImporter : IDatasetImporter
{
    /// <inheritdoc />
    public string Name => "csv";

    /// <inheritdoc />
    public int Revision => 1;

    /// <summary><c>path</c> and <c>label</c>: the names of the columns.</summary>
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Text("path", "path"), PartParameter.Text("label", "label")];

    /// <inheritdoc />
    public bool IsHere(ImportContext context) => File.Exists(FileOf(context));

    /// <inheritdoc />
    /// <exception cref="PipelineException">The file is missing or cannot be read, lacks a column, or names an image that does not exist, or an unknown class.</exception>
    public ImportedDataset Import(ImportContext context)
    {
        string file = FileOf(context);
        if (!File.Exists(file)) throw new PipelineException($"The CSV file '{file}' does not exist. Write source = \"csv:PATH\", relative to the spec.");
        try
        {
            using var reader = new StreamReader(file);
            using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = TrimOptions.Trim });
            return new ImportedDataset(Path.GetDirectoryName(file)!, ReadRows(csv, file, context));
        }
        catch (CsvHelperException e)
        {
            throw new PipelineException($"{file}({e.Context?.Parser?.RawRow ?? 1}): this row cannot be read as CSV.", e);
        }
    }

    private static string FileOf(ImportContext context) => Path.GetFullPath(Path.Combine(context.Folder, context.Argument));

    private static List<ImportedImage> ReadRows(CsvReader csv, string file, ImportContext context)
    {
        if (!csv.Read() || !csv.ReadHeader()) throw new PipelineException($"{file} is empty. Its first row names the columns.");
        int pathColumn = FindColumn(csv, "path", context);
        int labelColumn = FindColumn(csv, "label", context);
        string folder = Path.GetDirectoryName(file)!;
        Dictionary<string, int> classes = Enumerable.Range(0, context.Classes.Count).ToDictionary(i => context.Classes[i], StringComparer.Ordinal);

        List<ImportedImage> images = [];
        while (csv.Read())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            (string path, string label) = (csv.GetField(pathColumn) ?? "", csv.GetField(labelColumn) ?? "");
            if (!classes.TryGetValue(label, out int index))
            {
                string known = string.Join(", ", context.Classes);
                throw new PipelineException($"{file}({csv.Parser.RawRow}): '{label}' is not a class of the spec: {known}.") { Key = PipelineException.Classes };
            }
            string image = Path.GetFullPath(Path.Combine(folder, path));
            if (!File.Exists(image)) throw new PipelineException($"{file}({csv.Parser.RawRow}): there is no image '{image}'.");
            images.Add(new ImportedImage(image, Path.GetRelativePath(folder, image).Replace('\\', '/'), index));
        }
        return images;
    }

    /// <summary>The index of the column that a key names. An error is reported at the key's position in the spec.</summary>
    private static int FindColumn(CsvReader csv, string key, ImportContext context)
    {
        string name = context.Values.Text(key);
        int column = Array.IndexOf(csv.HeaderRecord!, name);
        return column >= 0
            ? column
            : throw new PipelineException($"The CSV file has no column '{name}', but {string.Join(", ", csv.HeaderRecord!)}. Write {key} = \"COLUMN\".") { Key = key };
    }
}
