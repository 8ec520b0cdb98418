using System.Text.Json.Nodes;
using Tomlyn;
using Tomlyn.Model;

namespace FineTune.Training.Schemas;

/// <summary>TOML as JSON, as language servers hand it to a JSON schema.</summary>
internal static class TomlJson
{
    /// <summary>A value as it is written in TOML.</summary>
    public static JsonNode? Value(string toml) => File("value = " + toml)["value"]?.DeepClone();

    /// <summary>A file.</summary>
    public static JsonObject File(string toml) => Convert(TomlSerializer.Deserialize<TomlTable>(toml)!).AsObject();

    private static JsonNode Convert(object value) => value switch
    {
        TomlTable table => new JsonObject(table.Select(static entry => KeyValuePair.Create(entry.Key, (JsonNode?)Convert(entry.Value)))),
        TomlTableArray tables => new JsonArray([.. tables.Select(Convert)]),
        TomlArray array => new JsonArray([.. array.Select(static item => Convert(item!))]),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        long whole => JsonValue.Create(whole),
        double number => JsonValue.Create(number),
        _ => JsonValue.Create(value.ToString())!,
    };
}
