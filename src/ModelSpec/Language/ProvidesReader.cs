using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Language;

/// <summary>
/// Reads the metadata <c>Provides</c> of a plugin: parts with commas between them, each <c>KIND:WORD</c> or <c>KIND:WORD(KEYS)</c>. A key is
/// <c>NAME:TYPE</c>, optionally followed by a range <c>[a..b]</c> and a default <c>=value</c>. A weight format has the extensions of
/// its files instead of keys. Spaces do not matter.
/// </summary>
internal sealed class ProvidesReader
{
    /// <summary>Keys that a part cannot declare: tables of parts have them already, locks add them to a part's keys, or errors of parts name them.</summary>
    private static readonly HashSet<string> ReservedKeys = new(StringComparer.Ordinal) { "argument", "classes", "format", "name", "revision" };

    /// <summary>The keys of <c>[data]</c>, which also contains the importer's keys.</summary>
    private static readonly HashSet<string> ReservedDataKeys = new(StringComparer.Ordinal) { "allow", "augment", "group", "outside", "source", "split" };

    private static readonly Regex PartPattern = Pattern(@"^\s*(?<kind>[^:(]*?)\s*:\s*(?<word>[^(]*?)\s*(?<keys>\(.*)?$");

    private static readonly Regex KeyPattern = Pattern(
        @"^\s*(?<name>[^:]*?)\s*:\s*(?<type>[^\[=]*?)\s*(?:\[(?<range>[^\]]*)\]\s*)?(?:=\s*(?<default>.*?)\s*)?$");

    private static readonly Regex Word = Pattern("^[a-z][a-z0-9_]+$");

    /// <summary>The words of exporters, which stand between quotation marks only.</summary>
    private static readonly Regex ExporterWord = Pattern("^[a-z][a-z0-9_-]+$");

    private static readonly Regex Key = Pattern("^[a-z][a-z0-9_]*$");

    private readonly PluginItem _plugin;
    private readonly DiagnosticBag _bag;

    private ProvidesReader(PluginItem plugin, DiagnosticBag bag) => (_plugin, _bag) = (plugin, bag);

    /// <summary>A piece of the text.</summary>
    private readonly record struct Piece(int Start, string Text)
    {
        public string Trimmed => Text.Trim();

        public static Piece Of(Group group) => new(group.Index, group.Value);

        public static Piece Of(Group group, Piece of) => new(of.Start + group.Index, group.Value);
    }

    /// <summary>Reads what a plugin provides.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="bag">Receives the errors. Their line is 1, and their column is the position in the text.</param>
    /// <returns>The parts that could be read, each with its position in the text.</returns>
    public static IReadOnlyList<Located<PartWord>> Read(PluginItem plugin, DiagnosticBag bag)
    {
        var reader = new ProvidesReader(plugin, bag);
        List<Located<PartWord>> parts = [];
        if (string.IsNullOrWhiteSpace(plugin.Provides)) return parts;

        // They would not reach the compiler or the trainer as they are.
        int foreign = plugin.Provides.IndexOfAny([';', '#', '"', '\'', '|']);
        if (foreign >= 0)
        {
            reader.Fail(new Piece(foreign, plugin.Provides.Substring(foreign, 1)), "this character cannot be used; parts are separated by commas.");
            return parts;
        }
        foreach (Piece piece in Split(new Piece(0, plugin.Provides)))
        {
            if (reader.ReadPart(piece) is not { } part) continue;
            if (parts.Exists(other => other.Value.Kind == part.Kind && other.Value.Word == part.Word)) reader.Fail(piece, "this part is there twice.");
            else parts.Add(new Located<PartWord>(part, Span(piece)));
        }
        return parts;
    }

    private PartWord? ReadPart(Piece piece)
    {
        Match match = PartPattern.Match(piece.Text);
        if (!match.Success) return Fail(piece, "write KIND:WORD, for example evaluator:calibration.");
        (Piece kindText, Piece word, Piece inside) =
            (Piece.Of(match.Groups["kind"], piece), Piece.Of(match.Groups["word"], piece), Piece.Of(match.Groups["keys"], piece));
        if (!Vocabulary.PartKinds.TryGetValue(kindText.Text, out PartKind kind))
        {
            return Fail(kindText, $"this is not a kind of part.{NearestName.Suggest(kindText.Text, Vocabulary.PartKinds.Keys)} "
                + $"Kinds: {string.Join(", ", Vocabulary.PartKinds.Keys)}.");
        }
        if (!(kind == PartKind.Exporter ? ExporterWord : Word).IsMatch(word.Text))
        {
            return Fail(word, "a word has at least two characters, only lower-case letters, digits and underscores, and begins with a letter.");
        }

        List<PartKey> keys = [];
        List<string> extensions = [];
        if (match.Groups["keys"].Success)
        {
            string text = inside.Text.TrimEnd();
            if (text[text.Length - 1] != ')') return Fail(inside, "the parenthesis is not closed, or something follows it.");
            var list = new Piece(inside.Start + 1, text.Substring(1, text.Length - 2));
            foreach (Piece item in list.Trimmed.Length == 0 ? [] : Split(list))
            {
                if (kind == PartKind.Format)
                {
                    if (ReadExtension(item) is not { } extension) return null;
                    extensions.Add(extension);
                }
                else
                {
                    if (ReadKey(item, kind) is not { } key) return null;
                    if (keys.Exists(other => other.Name == key.Name)) return Fail(item, "this key is there twice.");
                    keys.Add(key);
                }
            }
        }
        return new PartWord(kind, word.Text, keys.ToEquatableArray(), extensions.ToEquatableArray(), _plugin.Path);
    }

    private string? ReadExtension(Piece piece)
    {
        string text = piece.Trimmed;
        if (text.Length > 1 && text[0] == '.' && text.All(static c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-')) return text;
        Fail(piece, "write how the names of the format's files end, for example .onnx.");
        return null;
    }

    private PartKey? ReadKey(Piece piece, PartKind part)
    {
        Match match = KeyPattern.Match(piece.Text);
        if (!match.Success)
        {
            Fail(piece, "write KEY:TYPE, KEY:TYPE=DEFAULT or KEY:TYPE[FROM..TO]=DEFAULT.");
            return null;
        }
        (Piece name, Piece type) = (Piece.Of(match.Groups["name"], piece), Piece.Of(match.Groups["type"], piece));
        if (!Key.IsMatch(name.Text))
        {
            Fail(name, "a key has only lower-case letters, digits and underscores, and begins with a letter.");
            return null;
        }
        if (ReservedKeys.Contains(name.Text) || (part == PartKind.Importer && ReservedDataKeys.Contains(name.Text)))
        {
            Fail(name, "this key has a meaning of its own; choose another.");
            return null;
        }
        if (!Vocabulary.PartValueKinds.TryGetValue(type.Text, out PartValueKind kind))
        {
            Fail(type, $"this is not a type.{NearestName.Suggest(type.Text, Vocabulary.PartValueKinds.Keys)} "
                + $"Types: {string.Join(", ", Vocabulary.PartValueKinds.Keys)}.");
            return null;
        }

        var key = new PartKey(name.Text, kind, null);
        if (match.Groups["range"].Success && !ReadRange(Piece.Of(match.Groups["range"], piece), ref key)) return null;
        return match.Groups["default"].Success && !ReadDefault(Piece.Of(match.Groups["default"], piece), ref key) ? null : key;
    }

    private bool ReadRange(Piece piece, ref PartKey key)
    {
        if (key.Kind is not (PartValueKind.Number or PartValueKind.Whole)) return Wrong(piece, "only numbers have a range.");
        int dots = piece.Text.IndexOf("..", StringComparison.Ordinal);
        string low = dots < 0 ? "" : piece.Text.Substring(0, dots).Trim();
        string high = dots < 0 ? "" : piece.Text.Substring(dots + 2).Trim();
        if (low.Length == 0 && high.Length == 0) return Wrong(piece, "write FROM..TO, FROM.. or ..TO; both ends are allowed values.");
        (double? least, double? most) = (Bound(low, double.NegativeInfinity, key.Kind), Bound(high, double.PositiveInfinity, key.Kind));
        if (least is null || most is null) return Wrong(piece, $"the ends of the range are not {(key.Kind == PartValueKind.Whole ? "whole numbers" : "numbers")}.");
        if (least > most) return Wrong(piece, "the range ends before it begins.");
        key = key with { Least = least.Value, Most = most.Value };
        return true;
    }

    private bool ReadDefault(Piece piece, ref PartKey key)
    {
        object? value = key.Kind switch
        {
            PartValueKind.Number => Number(piece.Text),
            PartValueKind.Whole => Whole(piece.Text),
            PartValueKind.Flag => piece.Text switch { "true" => true, "false" => false, _ => null },
            _ => piece.Text,
        };
        if (value is null) return Wrong(piece, $"the default is not {key.Meaning}.");
        if (value is double or long && !key.Range.Contains(Convert.ToDouble(value, CultureInfo.InvariantCulture)))
        {
            return Wrong(piece, $"the default is not {key.Range.Text}.");
        }
        key = key with { Default = value };
        return true;
    }

    private static double? Bound(string text, double open, PartValueKind kind) =>
        text.Length == 0 ? open : kind == PartValueKind.Whole ? Whole(text) : Number(text);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && !double.IsNaN(number) && !double.IsInfinity(number)
            ? number
            : null;

    private static long? Whole(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>Cuts a list at its commas, but not within parentheses or brackets.</summary>
    private static List<Piece> Split(Piece list)
    {
        List<Piece> pieces = [];
        (int start, int depth) = (0, 0);
        for (int i = 0; i <= list.Text.Length; i++)
        {
            char c = i < list.Text.Length ? list.Text[i] : ',';
            depth += c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0;
            if (i < list.Text.Length && (c != ',' || depth > 0)) continue;
            pieces.Add(new Piece(list.Start + start, list.Text.Substring(start, i - start)));
            start = i + 1;
        }
        return pieces;
    }

    private PartWord? Fail(Piece piece, string message)
    {
        _bag.Report(SpecDiagnostics.PluginProvides, Span(piece), Path.GetFileName(_plugin.Path), piece.Trimmed, message);
        return null;
    }

    private bool Wrong(Piece piece, string message) => Fail(piece, message) is not null;

    /// <summary>The position of a piece without the spaces around it.</summary>
    private static SourceSpan Span(Piece piece)
    {
        int at = piece.Start + (piece.Trimmed.Length == 0 ? 0 : piece.Text.Length - piece.Text.TrimStart().Length);
        int length = piece.Trimmed.Length;
        return new SourceSpan(at, length, 1, at + 1, 1, at + 1 + length);
    }

    private static Regex Pattern(string pattern) => new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline);
}
