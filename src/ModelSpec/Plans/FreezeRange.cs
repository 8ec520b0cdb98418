using System.Globalization;
using ModelSpec.Language;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Plans;

/// <summary>
/// The values of <c>freeze</c>: inclusive indices <c>0..14</c>, open ends <c>..14</c> and <c>15..</c>, single layers, layer
/// names instead of indices (<c>head.relu</c> if the backbone has a <c>relu</c>, too), groups (<c>..layer3</c>: to the last layer whose
/// name begins with <c>layer3_</c>, unless a layer is called <c>layer3</c>), several parts with commas, <c>backbone</c>,
/// <c>batch_norms</c> (the backbone's) and <c>none</c>.
/// </summary>
internal static class FreezeRange
{
    /// <summary>What ranges look like, as a regular expression. Whether there are layers of those names and indices, only a network knows.</summary>
    public const string Pattern = @"^\s*" + Part + @"(\s*,\s*" + Part + @")*\s*$";

    private const string End = @"[^,.\s]+(\.[^,.\s]+)*";

    private const string Part = "(" + End + @"(\s*\.\.\s*(" + End + @")?)?|\.\.\s*" + End + ")";

    /// <summary>Resolves <paramref name="text"/> to ascending indices.</summary>
    /// <param name="text">The range as written.</param>
    /// <param name="layers">Every layer of the network.</param>
    /// <param name="bodyLength">How many of them are the backbone's.</param>
    /// <param name="frozen">The indices.</param>
    /// <returns>The error as a sentence, or null.</returns>
    public static string? Resolve(string text, IReadOnlyList<Layer> layers, int bodyLength, out EquatableArray<int> frozen)
    {
        var indices = new SortedSet<int>();
        frozen = [];
        foreach (string part in text.Split(',').Select(static p => p.Trim()))
        {
            if (part == Vocabulary.FreezeNone) continue;
            if (part == Vocabulary.FreezeBackbone)
            {
                indices.UnionWith(Enumerable.Range(0, bodyLength));
                continue;
            }
            if (part == Vocabulary.FreezeBatchNorms)
            {
                List<int> norms = [.. layers.Take(bodyLength).Where(static l => l.Main is BatchNormPrimitive).Select(static l => l.Index)];
                if (norms.Count == 0) return "The backbone has no batch normalisation to freeze.";
                indices.UnionWith(norms);
                continue;
            }

            int dots = part.IndexOf("..", StringComparison.Ordinal);
            string low = dots < 0 ? part : part.Substring(0, dots).Trim();
            string high = dots < 0 ? part : part.Substring(dots + 2).Trim();
            if (low.Length == 0 && high.Length == 0)
            {
                return $"'{text}' is not a freeze range; write for example \"0..14\", \"..block4_pool\", \"backbone\" or \"none\".";
            }

            if (Find(low, 0, layers, isFirst: true, out int first) is { } firstError) return firstError;
            if (Find(high, layers.Count - 1, layers, isFirst: false, out int last) is { } lastError) return lastError;
            if (first > last) return $"The freeze range '{part}' ends before it begins.";
            indices.UnionWith(Enumerable.Range(first, last - first + 1));
        }
        frozen = indices.ToEquatableArray();
        return null;
    }

    /// <summary>Finds one end of a range: an index, a layer, or the first or last layer of a group.</summary>
    private static string? Find(string text, int open, IReadOnlyList<Layer> layers, bool isFirst, out int index)
    {
        index = open;
        if (text.Length == 0) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index))
        {
            return index < layers.Count
                ? null
                : $"Layer {index} does not exist: the network's layers are 0..{layers.Count - 1} ({layers[layers.Count - 1].Name}).";
        }
        Layer? named = layers.FirstOrDefault(l => l.Name == text) ?? layers.FirstOrDefault(l => l.DisplayName == text) ?? FindInGroup(text, layers, isFirst);
        index = named?.Index ?? 0;
        return named is null ? $"No layer is called '{text}', nor does a group of layers have this name.{NearestName.Suggest(text, Names(layers))}" : null;
    }

    private static Layer? FindInGroup(string group, IReadOnlyList<Layer> layers, bool isFirst)
    {
        IEnumerable<Layer> members = layers.Where(layer => layer.Name.StartsWith(group + "_", StringComparison.Ordinal));
        return isFirst ? members.FirstOrDefault() : members.LastOrDefault();
    }

    /// <summary>The layers' names and those of their groups: the text before each underscore of a name.</summary>
    private static List<string> Names(IReadOnlyList<Layer> layers)
    {
        List<string> names = [];
        foreach (Layer layer in layers)
        {
            for (int i = layer.Name.IndexOf('_'); i > 0; i = layer.Name.IndexOf('_', i + 1)) names.Add(layer.Name.Substring(0, i));
            names.Add(layer.Name);
        }
        return [.. names.Distinct(StringComparer.Ordinal)];
    }
}
