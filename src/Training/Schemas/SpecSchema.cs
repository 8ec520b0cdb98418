using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelSpec;
using ModelSpec.Language;
using ModelSpec.Schemas;
using ModelSpec.Toml;

namespace FineTune.Training.Schemas;

/// <summary>
/// The language as a JSON schema (draft 07, which taplo and Even Better TOML read), so that editors complete keys and words, describe them and mark errors. It
/// accepts everything that the reader accepts, and refuses what can be refused without looking at files or at other parts of the spec.
/// </summary>
internal static class SpecSchema
{
    /// <summary>The name of the file that specs name in their first line.</summary>
    public const string FileName = "modelspec.schema.json";

    /// <summary>The line at the top of a spec by which editors find the schema next to it.</summary>
    public const string Directive = "#:schema ./" + FileName;

    /// <summary>What a plugin's word looks like. The words of exporters can have hyphens.</summary>
    private const string PluginWord = "^[a-z][a-z0-9_-]+$";

    /// <summary>A source that names an importer. The importers that are built in have no keys of their own in <c>[data]</c>.</summary>
    private const string ImporterSource = "^[a-z0-9_]{2,}:";

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as text, which ends with a line end.</summary>
    /// <param name="words">The words of the parts that are built in, and of plugins.</param>
    public static string Write(PluginWords words)
    {
        JsonObject root = Table(SpecLanguage.Describe(), words);
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "A .modelspec file of FineTune.Build",
            ["description"] = "Describes an image classifier and how it is fine-tuned.",
        };
        foreach ((string key, JsonNode? value) in root) schema[key] = value?.DeepClone();
        return schema.ToJsonString(Layout) + "\n";
    }

    private static JsonObject Table(LanguageTable table, PluginWords words)
    {
        var properties = new JsonObject();
        foreach (LanguageKey key in table.Keys) properties[key.Name] = Key(key, words);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (Names(table.Keys.Where(static key => key is { IsRequired: true, Note.RequiredUnless: null })) is { Count: > 0 } required) schema["required"] = required;
        List<JsonNode?> rules = [.. table.Keys.SelectMany(Conditions), .. Alternatives(table), .. Exclusions(table)];
        if (table.PartKind is { } kind) rules.AddRange(Parts(table, kind, properties, words));
        else if (table.Path == "data") rules.AddRange(Importers(table, properties, words));
        else schema["additionalProperties"] = false;
        if (rules.Count > 0) schema["allOf"] = new JsonArray([.. rules]);
        return schema;
    }

    private static JsonObject Key(LanguageKey key, PluginWords words)
    {
        var schema = new JsonObject();
        KeyNote? note = key.Note;
        if (note is not null) schema["description"] = note.Text;
        JsonObject[] forms = [.. key.Forms.Select(form => Form(form, key, words))];
        if (forms.Length == 1)
        {
            foreach ((string name, JsonNode? value) in forms[0]) schema[name] = value?.DeepClone();
        }
        else
        {
            schema["anyOf"] = new JsonArray([.. forms]);
        }
        if (Value(note?.Default) is { } otherwise) schema["default"] = otherwise;
        if (note is { Examples.Count: > 0 }) schema["examples"] = new JsonArray([.. note.Examples.Select(TomlJson.Value)]);
        return schema;
    }

    private static JsonObject Form(KeyForm form, LanguageKey key, PluginWords words)
    {
        KeyNote? note = key.Note;
        switch (form.Kind)
        {
            case KeyKind.Flag:
                return new JsonObject { ["type"] = "boolean" };
            case KeyKind.Number or KeyKind.Whole:
                return Number(form, form.Kind == KeyKind.Whole);
            case KeyKind.Text when form.Words.Count > 0:
                return new JsonObject { ["type"] = "string", ["enum"] = Strings(form.Words) };
            case KeyKind.Text:
                return Text(note, key.IsRequired);
            case KeyKind.Table:
                return Table(key.Table!, words);
            default:
                JsonObject items = form.Kind switch
                {
                    KeyKind.Tables => Table(key.Table!, words),
                    KeyKind.Texts => Text(note, isRequired: false),
                    _ => Number(form, form.Kind == KeyKind.Wholes),
                };
                var array = new JsonObject { ["type"] = "array", ["items"] = items };
                if (note is { LeastItems: > 0 }) array["minItems"] = note.LeastItems;
                if (note?.MostItems is { } most) array["maxItems"] = most;
                if (note is { HasDistinctItems: true }) array["uniqueItems"] = true;
                return array;
        }
    }

    private static JsonObject Text(KeyNote? note, bool isRequired)
    {
        var schema = new JsonObject { ["type"] = "string" };
        string? pattern = note?.Pattern ?? (isRequired ? @"\S" : null);
        if (note is { Words.Count: > 0, HasOnlyWords: true }) schema["enum"] = Strings(note.Words);
        else if (note is { Words.Count: > 0 }) schema["anyOf"] = new JsonArray(new JsonObject { ["enum"] = Strings(note.Words) }, new JsonObject { ["pattern"] = pattern ?? "" });
        else if (pattern is not null) schema["pattern"] = pattern;
        return schema;
    }

    private static JsonObject Number(KeyForm form, bool isWhole)
    {
        var schema = new JsonObject { ["type"] = isWhole ? "integer" : "number" };
        if (!double.IsInfinity(form.Low)) schema[form.IsLowIncluded ? "minimum" : "exclusiveMinimum"] = Value(form.Low);
        if (!double.IsInfinity(form.High)) schema[form.IsHighIncluded ? "maximum" : "exclusiveMaximum"] = Value(form.High);
        return schema;
    }

    /// <summary>The rules for keys that a table can have, or must have, only with some values of another key.</summary>
    private static IEnumerable<JsonNode?> Conditions(LanguageKey key)
    {
        foreach (KeyCondition condition in key.Conditions)
        {
            yield return new JsonObject
            {
                ["if"] = Has(condition.Key, condition.Values, isRequired: !condition.IsAllowedWithout),
                ["else"] = new JsonObject { ["properties"] = new JsonObject { [key.Name] = false } },
            };
            if (condition.RequiringValues.Count == 0) continue;
            yield return new JsonObject
            {
                ["if"] = Has(condition.Key, condition.RequiringValues, isRequired: true),
                ["then"] = new JsonObject { ["required"] = new JsonArray(key.Name) },
            };
        }
    }

    /// <summary>The rules for keys that stand in for others, which a table then cannot have.</summary>
    private static IEnumerable<JsonNode?> Exclusions(LanguageTable table)
    {
        foreach (IGrouping<string, LanguageKey> required in table.Keys.Where(static key => key.Note?.RequiredUnless is not null).GroupBy(static key => key.Note!.RequiredUnless!))
        {
            yield return new JsonObject
            {
                ["if"] = new JsonObject { ["not"] = new JsonObject { ["required"] = new JsonArray(required.Key) } },
                ["then"] = new JsonObject { ["required"] = Names(required) },
            };
        }
        foreach (LanguageKey key in table.Keys.Where(static key => key.Note is { Excludes.Count: > 0 }))
        {
            var excluded = new JsonObject();
            foreach (string other in key.Note!.Excludes) excluded[other] = false;
            yield return new JsonObject
            {
                ["if"] = new JsonObject { ["required"] = new JsonArray(key.Name) },
                ["then"] = new JsonObject { ["properties"] = excluded },
            };
        }
    }

    /// <summary>Keys that can have values of several types have them of the same type: a split has fractions or names, not both.</summary>
    private static IEnumerable<JsonNode?> Alternatives(LanguageTable table)
    {
        LanguageKey[] several = [.. table.Keys.Where(static key => key.Forms.Count > 1)];
        if (several.Length < 2) yield break;
        yield return new JsonObject
        {
            ["anyOf"] = new JsonArray([.. several[0].Forms.Select(form =>
            {
                var properties = new JsonObject();
                foreach (LanguageKey key in several) properties[key.Name] = new JsonObject { ["type"] = form.Kind == KeyKind.Text ? "string" : "number" };
                return new JsonObject { ["properties"] = properties };
            })]),
        };
    }

    /// <summary>
    /// The tables of parts: the keys of each known word are checked, and an unknown word may be that of a plugin, with any keys. The key that names the part
    /// and the keys of known parts get into <paramref name="properties"/>, so that editors offer them.
    /// </summary>
    private static IEnumerable<JsonNode?> Parts(LanguageTable table, PartKind kind, JsonObject properties, PluginWords words)
    {
        PartWord[] known = [.. words.Words(kind).Select(word => words.Find(kind, word)!)];
        JsonObject name = properties[table.PartKey!]!.AsObject();
        name["pattern"] = PluginWord;
        // The words are apart from the pattern, so that editors offer them.
        if (known.Length > 0)
        {
            name.Remove("pattern");
            name["anyOf"] = new JsonArray(new JsonObject { ["enum"] = Strings(known.Select(static part => part.Word)) }, new JsonObject { ["pattern"] = PluginWord });
        }
        foreach (PartWord part in known)
        {
            foreach (PartKey key in part.Keys) Offer(properties, key, part.Word);
            yield return Rule(Has(table.PartKey!, [part.Word], isRequired: true), part, [table.PartKey!]);
        }
    }

    /// <summary>An importer's keys are in the table <c>[data]</c>, next to those that every importer has.</summary>
    private static IEnumerable<JsonNode?> Importers(LanguageTable table, JsonObject properties, PluginWords words)
    {
        string[] own = [.. table.Keys.Select(static key => key.Name)];
        foreach (string word in words.Words(PartKind.Importer))
        {
            PartWord part = words.Find(PartKind.Importer, word)!;
            foreach (PartKey key in part.Keys) Offer(properties, key, word);
            string source = word == PluginWords.Folders ? $"^{word}:" : $"^{word}(:|$)";
            yield return Rule(Source(source), part, own);
        }
        PartWord folders = words.Find(PartKind.Importer, PluginWords.Folders)!;
        string named = $"^({string.Join("|", words.Words(PartKind.Importer).Where(static word => word != PluginWords.Folders))})$";
        JsonObject path = new() { ["not"] = new JsonObject { ["anyOf"] = new JsonArray(Source(ImporterSource), Source(named)) } };
        yield return Rule(path, folders, own);

        static JsonObject Source(string pattern) => new()
        {
            ["properties"] = new JsonObject { ["source"] = new JsonObject { ["type"] = "string", ["pattern"] = pattern } },
            ["required"] = new JsonArray("source"),
        };
    }

    private static JsonObject Rule(JsonObject condition, PartWord part, string[] otherKeys)
    {
        var keys = new JsonObject();
        foreach (PartKey key in part.Keys) keys[key.Name] = PartValue(key);
        var then = new JsonObject { ["propertyNames"] = new JsonObject { ["enum"] = Strings([.. otherKeys, .. part.Keys.Select(static key => key.Name)]) } };
        if (keys.Count > 0) then["properties"] = keys;
        if (part.Keys.Where(static key => key.Default is null).Select(static key => key.Name).ToArray() is { Length: > 0 } required) then["required"] = Strings(required);
        return new JsonObject { ["if"] = condition, ["then"] = then };
    }

    private static void Offer(JsonObject properties, PartKey key, string word)
    {
        if (properties.ContainsKey(key.Name)) return;
        // Another part can have a key of the same name with another type, so the type is only checked where the part is known.
        var schema = new JsonObject { ["description"] = $"A key of `{word}`." };
        if (Value(key.Default) is { } otherwise) schema["default"] = otherwise;
        properties[key.Name] = schema;
    }

    private static JsonObject PartValue(PartKey key) => key.Kind switch
    {
        PartValueKind.Flag => new JsonObject { ["type"] = "boolean" },
        PartValueKind.Text => new JsonObject { ["type"] = "string" },
        _ => Number(
            new KeyForm(key.Kind == PartValueKind.Whole ? KeyKind.Whole : KeyKind.Number, key.Least, true, key.Most, true, []), key.Kind == PartValueKind.Whole),
    };

    /// <summary>That a key has one of some values, or, where it is not required, that it is not there.</summary>
    private static JsonObject Has(string key, IEnumerable<object> values, bool isRequired)
    {
        var schema = new JsonObject { ["properties"] = new JsonObject { [key] = new JsonObject { ["enum"] = new JsonArray([.. values.Select(Value)]) } } };
        if (isRequired) schema["required"] = new JsonArray(key);
        return schema;
    }

    private static JsonArray Names(IEnumerable<LanguageKey> keys) => Strings(keys.Select(static key => key.Name));

    private static JsonArray Strings(IEnumerable<string> strings) => new([.. strings.Select(static text => (JsonNode)text)]);

    /// <summary>A value of the language; a number without a fraction is written without one.</summary>
    private static JsonNode? Value(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag,
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => (long)number,
        double number => number,
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
    };
}
