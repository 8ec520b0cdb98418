using System.Text;
using FineTune.Pipeline;

namespace FineTune.Training.Exporters.Report;

/// <summary>
/// A page about a training for people: one HTML file that needs no other file and no network. It is written from what every exporter is given, as
/// any plugin could do it.
/// </summary>
internal sealed class ReportExporter : IModelExporter
{
    /// <summary>What it is called.</summary>
    public const string Word = "report";

    /// <summary>The key with the number of examples.</summary>
    public const string Examples = "examples";

    /// <summary>The key with the licence of the model.</summary>
    public const string License = "license";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 2;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Whole(Examples, 24, 0, 200), PartParameter.Text(License, "")];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.report.html"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        byte[] page = Encoding.UTF8.GetBytes(new ReportPage(context).Write());
        using Stream file = context.Create($"{context.SpecName}.report.html");
        file.Write(page);
    }
}
