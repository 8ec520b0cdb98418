using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FineTune.Images;

namespace FineTune.Weights;

/// <summary>
/// What gives the numbers of a weight file their meaning: without it, a file fits any network of the same shapes, and the answers are wrong
/// without an error, for example after two classes have changed places. A weight file carries it in its metadata, and a generated class knows its own.
/// </summary>
/// <param name="Classes">The labels in the order of the outputs.</param>
/// <param name="Input">The size that images are brought to.</param>
/// <param name="Pixels">What happens to pixels.</param>
/// <param name="Layers">A digest of every layer.</param>
/// <param name="Resize">
/// How images are resized before their centre is cut out; null if they just cover the input. Only where there is one does it enter the
/// digest, so that files of before it keep theirs.
/// </param>
public sealed record WeightsMeaning(
    IReadOnlyList<string> Classes, ImageSize Input, PixelTransform Pixels, string Layers, ImageResize? Resize = null)
{
    /// <summary>The key of the digest over everything.</summary>
    public const string DigestKey = Prefix + "meaning";

    private const string Prefix = "finetune.";

    /// <summary>The digest over everything: 64 hexadecimal digits of a SHA-256.</summary>
    public string Digest => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Parts().Where(static part => part.Value is not null).Select(static part => $"{part.Name}={part.Value}")))));

    /// <summary>The entries for the metadata of a weight file.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [DigestKey] = Digest };
        foreach ((string name, string? value) in Parts())
        {
            if (value is not null) metadata[Prefix + name] = value;
        }
        return metadata;
    }

    /// <summary>Compares this with what a weight file says.</summary>
    /// <param name="metadata">The metadata of the file.</param>
    /// <returns>Null if they are equal; otherwise a sentence that names what differs.</returns>
    public string? FindDifference(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (!metadata.TryGetValue(DigestKey, out string? digest))
        {
            return "It does not say which classes, preprocessing and layers its numbers belong to: it was written by an earlier version or another program. Train again to get a file that does.";
        }
        if (digest == Digest) return null;
        string[] differences = [.. Parts()
            .Where(part => metadata.GetValueOrDefault(Prefix + part.Name) != part.Value)
            .Select(part => $"{part.Name} ({part.Show(metadata.GetValueOrDefault(Prefix + part.Name))} in the file, {part.Show(part.Value)} in the class)")];
        return $"It was trained for something else: {string.Join("; ", differences)}. Train again, or take back the change of the spec.";
    }

    /// <summary>Makes sure that a weight file has this meaning.</summary>
    /// <param name="metadata">The metadata of the file.</param>
    /// <param name="source">What messages call the file.</param>
    /// <param name="classifier">The class that loads it.</param>
    /// <exception cref="InvalidDataException">It has another one.</exception>
    internal void Require(IReadOnlyDictionary<string, string> metadata, string source, string classifier)
    {
        if (FindDifference(metadata) is { } difference) throw new InvalidDataException($"{source} cannot be used for {classifier}. {difference}");
    }

    private IEnumerable<Part> Parts()
    {
        yield return new Part("classes", ToJson(Classes));
        yield return new Part("input", string.Create(CultureInfo.InvariantCulture, $"{Input.Height} x {Input.Width}"));
        yield return new Part("preprocessing", string.Create(CultureInfo.InvariantCulture,
            $"{(Pixels.Bgr ? "BGR" : "RGB")}, scale {Pixels.Scale:R}, mean {Numbers(Pixels.Mean)}, std {Numbers(Pixels.Std)}"));
        yield return new Part("resize", Resize is null ? null : string.Create(
            CultureInfo.InvariantCulture, $"shorter side {Resize.ShorterSide}, {(Resize.IsBicubic ? "bicubic" : "bilinear")}"));
        yield return new Part("layers", Layers);
    }

    /// <summary>The texts as a JSON array. Written by hand, as serializers need reflection, which trimmed applications do not have.</summary>
    private static string ToJson(IEnumerable<string> texts)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (string text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Numbers(IEnumerable<double> values) => string.Join(' ', values.Select(static value => value.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>One entry, null if there is none; a digest is shown by its first digits.</summary>
    private readonly record struct Part(string Name, string? Value)
    {
        public string Show(string? value) => Name == "layers" && value?.Length > 12 ? value[..12] : value ?? "nothing";
    }
}
