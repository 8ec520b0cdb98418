using FineTune.Pipeline;
using TestPlugin.Dependency;

namespace TestPlugin;

/// <summary>Reads images and labels from a table: the first row names the columns; a column <c>part</c> divides the images.</summary>
public sealed class CsvImporter : IDatasetImporter
{
    /// <inheritdoc />
    public string Name => "csv";

    /// <inheritdoc />
    public int Revision => 3;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Text("path", "path"), PartParameter.Text("label", "label")];

    /// <inheritdoc />
    public bool IsHere(ImportContext context) => File.Exists(Path.Combine(context.Folder, context.Argument));

    /// <inheritdoc />
    public ImportedDataset Import(ImportContext context)
    {
        string table = Path.Combine(context.Folder, context.Argument);
        if (!File.Exists(table)) throw new PipelineException($"There is no table '{table}'.") { Code = "TEST0001" };
        string[][] rows = [.. Rows.Read(table)];
        int path = Array.IndexOf(rows[0], context.Values.Text("path"));
        int label = Array.IndexOf(rows[0], context.Values.Text("label"));
        int part = Array.IndexOf(rows[0], "part");
        if (label < 0) throw new PipelineException($"The table has no column '{context.Values.Text("label")}'.") { Key = "label" };
        List<ImportedImage> images = [];
        foreach (string[] row in rows.Skip(1))
        {
            int index = context.Classes.ToList().IndexOf(row[label]);
            if (index < 0) throw new PipelineException($"'{row[label]}' is not a class.") { Key = PipelineException.Classes };
            images.Add(new ImportedImage(
                Path.GetFullPath(Path.Combine(context.Folder, row[path])), row[path], index, part < 0 ? null : Enum.Parse<DatasetPart>(row[part])));
        }
        context.Report.Line($"{images.Count} rows");
        return new ImportedDataset(context.Folder, images);
    }
}
