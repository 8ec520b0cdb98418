using System.Reflection;
using System.Text.RegularExpressions;

namespace Training.Tests.Documents;

/// <summary>What the documents of the repository quote: <c>README.md</c> and <c>docs/*.md</c>.</summary>
internal static partial class Snippets
{
    /// <summary>The folder of the repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(
        typeof(Snippets).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Docs").Value!, ".."));

    /// <summary>The documents, relative to the repository.</summary>
    public static IReadOnlyList<string> Documents { get; } =
        ["README.md", .. Directory.EnumerateFiles(Path.Combine(Repository, "docs"), "*.md").Order(StringComparer.Ordinal).Select(static file => "docs/" + Path.GetFileName(file))];

    /// <summary>The text of a document.</summary>
    public static string Read(string document) => File.ReadAllText(Path.Combine(Repository, document)).ReplaceLineEndings("\n");

    /// <summary>The fenced blocks of a language; of none for an empty text.</summary>
    public static IEnumerable<string> Blocks(string document, string language) =>
        Fence().Matches(Read(document)).Where(match => match.Groups["language"].Value == language).Select(static match => match.Groups["text"].Value);

    /// <summary>The lines of commands: those of blocks without a language, and code within text. A prompt, comments and <c>&amp;&amp;</c> are removed.</summary>
    public static IEnumerable<string> Commands(string document)
    {
        IEnumerable<string> lines = Blocks(document, "").SelectMany(static block => block.Split('\n')).Select(static line => line.TrimStart('$', ' '));
        IEnumerable<string> inline = Inline().Matches(Fence().Replace(Read(document), "")).Select(static match => match.Groups["code"].Value.Replace("\\|", "|", StringComparison.Ordinal));
        return lines.Concat(inline)
            .SelectMany(static line => line.Split(" && "))
            .Select(static line => Comment().Replace(line, "").Trim())
            .Where(static line => line.StartsWith("dotnet ", StringComparison.Ordinal) || line.StartsWith("finetune ", StringComparison.Ordinal))
            .Where(static line => !line.StartsWith("finetune (", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`(?<code>[^`\n]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"\s#\s.*$")]
    private static partial Regex Comment();
}
