namespace FineTune.Training.Exporters.Report;

/// <summary>The style sheet of every page that is written, which is put into the page.</summary>
internal static class ReportStyle
{
    private const string Resource = "FineTune.Training.Exporters.Report.report.css";

    /// <summary>Reads it.</summary>
    public static string Read()
    {
        using Stream style = typeof(ReportStyle).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(style);
        return reader.ReadToEnd();
    }
}
