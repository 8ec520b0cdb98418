using ModelSpec.Diagnostics;
using ModelSpec.Layers.Types;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>Checks that the rows of a backbone form a network: names, keys, inputs and shapes.</summary>
internal static class RowChecks
{
    /// <summary>Checks rows whose own keys are valid.</summary>
    /// <param name="rows">The rows, after blocks are expanded.</param>
    /// <param name="height">The usual input's height.</param>
    /// <param name="width">The usual input's width.</param>
    /// <param name="bag">Where errors go.</param>
    public static void Check(EquatableArray<BackboneRow> rows, int height, int width, DiagnosticBag bag)
    {
        if (rows.Count == 0) return;
        CheckInput(rows, bag);
        CheckNames(rows, bag);
        CheckKeys(rows, bag);
        if (bag.HasErrors) return;
        CheckReaders(rows, bag);
        if (bag.HasErrors) return;
        BuiltBody body = BodyBuilder.Build(rows, height, width, 1, "");
        if (body.Problem is { } problem) bag.Report(SpecDiagnostics.Backbone, body.Misfit!.Span, problem);
        if (body.TooSmall is { } tooSmall)
        {
            bag.Report(SpecDiagnostics.Backbone, rows[tooSmall.Index].Span, FormattableString.Invariant(
                $"The usual input of {height}×{width} is too small: '{tooSmall.Name}' would get {tooSmall.Output.Height}×{tooSmall.Output.Width}."));
        }
    }

    /// <summary>Reports that the first layer is not the input.</summary>
    public static void ReportFirst(SourceSpan span, DiagnosticBag bag) =>
        bag.Report(SpecDiagnostics.Backbone, span, "The first layer must be the input: { name = \"input\", type = \"input\" }.");

    private static void CheckInput(EquatableArray<BackboneRow> rows, DiagnosticBag bag)
    {
        if (rows[0].Definition is not Input) ReportFirst(rows[0].Span, bag);
        foreach (BackboneRow second in rows.Skip(1).Where(static row => row.Definition is Input))
        {
            bag.Report(SpecDiagnostics.Backbone, second.Span, "Only the first layer can be the input.");
        }
    }

    private static void CheckNames(EquatableArray<BackboneRow> rows, DiagnosticBag bag)
    {
        Dictionary<string, BackboneRow> members = new(StringComparer.Ordinal);
        foreach (BackboneRow row in rows)
        {
            string member = Identifiers.ToMember(row.Name);
            if (member.Length == 0) bag.Report(SpecDiagnostics.NotAnIdentifier, row.Span, row.Name, "a member");
            else if (!members.TryGetValue(member, out BackboneRow? twin)) members.Add(member, row);
            else bag.Report(SpecDiagnostics.Backbone, row.Span, $"The layers '{twin.Name}' and '{row.Name}' would both be the member '{member}'; rename one.");
        }
    }

    /// <summary>Every row except the last must be read by another row; otherwise its output would be computed in vain.</summary>
    private static void CheckReaders(EquatableArray<BackboneRow> rows, DiagnosticBag bag)
    {
        var read = new HashSet<int>(rows.SelectMany(static row => row.Inputs));
        for (int i = 0; i < rows.Count - 1; i++)
        {
            if (read.Contains(i)) continue;
            bag.Report(SpecDiagnostics.Backbone, rows[i].Span, $"No row reads '{rows[i].Name}'; name it in the 'from' of one, or remove it.");
        }
    }

    /// <summary>Every layer with a module is registered under its key. A dot in a key makes a group of what is before it.</summary>
    private static void CheckKeys(EquatableArray<BackboneRow> rows, DiagnosticBag bag)
    {
        var owners = new Dictionary<string, BackboneRow>(StringComparer.Ordinal);
        // The rows whose keys continue after a dot, by the text before it.
        var groups = new Dictionary<string, BackboneRow>(StringComparer.Ordinal);
        foreach (BackboneRow row in rows.Where(static row => row.Definition is not Input))
        {
            List<string> above = [];
            for (int dot = row.Key.IndexOf('.'); dot >= 0; dot = row.Key.IndexOf('.', dot + 1)) above.Add(row.Key.Substring(0, dot));
            if (row.Key.Split('.').Any(string.IsNullOrWhiteSpace))
            {
                Report(row, $"'{row.Key}' cannot be the key of '{row.Name}': a part of it between dots is empty.");
            }
            else if (row.Key == "head" || row.Key.StartsWith("head.", StringComparison.Ordinal))
            {
                Report(row, $"The key '{row.Key}' of '{row.Name}' belongs to the network's head; give the layer another key.");
            }
            else if (owners.TryGetValue(row.Key, out BackboneRow? twin))
            {
                Report(row, $"The layers '{twin.Name}' and '{row.Name}' have the same key '{row.Key}'; give one another key.");
            }
            else if (groups.TryGetValue(row.Key, out BackboneRow? other) || above.Any(key => owners.TryGetValue(key, out other)))
            {
                Report(row, $"The keys '{other!.Key}' of '{other.Name}' and '{row.Key}' of '{row.Name}' overlap; "
                    + "give one of the layers another key.");
            }
            else
            {
                owners.Add(row.Key, row);
                foreach (string group in above) groups[group] = row;
            }
        }

        void Report(BackboneRow row, string message) => bag.Report(SpecDiagnostics.LayerKey, row.KeySpan, message);
    }
}
