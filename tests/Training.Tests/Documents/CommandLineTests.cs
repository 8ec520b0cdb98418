using System.CommandLine;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FineTune.Training.Commands;

namespace Training.Tests.Documents;

/// <summary>The commands in the documents name commands, options, properties, targets, templates and projects that exist.</summary>
public sealed partial class CommandLineTests
{
    private static readonly Dictionary<string, Command> Commands = typeof(NewCommand).Assembly.GetTypes()
        .Where(static type => type.IsAssignableTo(typeof(Command)) && !type.IsAbstract && type.GetConstructor([]) is not null && type.Namespace == typeof(NewCommand).Namespace)
        .Select(static type => (Command)Activator.CreateInstance(type)!).ToDictionary(static command => command.Name, StringComparer.Ordinal);

    private static readonly string[] Verbs = ["add", "build", "clean", "new", "nuget", "pack", "publish", "restore", "run", "test", "tool"];

    /// <summary>Properties of the .NET SDK and of this repository's own build.</summary>
    private static readonly string[] OtherProperties = ["DocumentationUrl", "FlowersSpec", "PublishAot", "PublishSingleFile", "PublishTrimmed"];

    private static readonly string Targets = string.Concat(
        Directory.EnumerateFiles(Path.Combine(Snippets.Repository, "src/Training.Tasks/build")).Select(File.ReadAllText));

    public static TheoryData<string, string> Lines
    {
        get
        {
            var lines = new TheoryData<string, string>();
            foreach (string document in Snippets.Documents)
            {
                foreach (string line in Snippets.Commands(document).Distinct()) lines.Add(document, line);
            }
            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Everything_that_a_command_in_a_document_names_exists(string document, string line)
    {
        string? problem = line.StartsWith("finetune ", StringComparison.Ordinal) ? OfFineTune(line) : OfDotNet(line);

        Assert.True(problem is null, $"{document}: '{line}': {problem}");
    }

    [Theory]
    [InlineData("finetune trane flower.modelspec", "no command 'trane'")]
    [InlineData("finetune schema --output x.json", "no option '--output'")]
    [InlineData("dotnet biuld", "no verb 'biuld'")]
    [InlineData("dotnet build -p:TrainModels=true", "no property 'TrainModels'")]
    [InlineData("dotnet build -t:Inspect", "no target 'Inspect'")]
    [InlineData("dotnet new finetune-console", "no template 'finetune-console'")]
    [InlineData("dotnet new finetune-web --images x", "no option '--images'")]
    [InlineData("dotnet run --project samples/None", "no folder 'samples/None'")]
    [InlineData("dotnet run --project src/Training -- inspekt x", "no command 'inspekt'")]
    public void A_command_with_a_mistake_is_found(string line, string problem) =>
        Assert.Equal(problem, line.StartsWith("finetune ", StringComparison.Ordinal) ? OfFineTune(line) : OfDotNet(line));

    [Fact]
    public void The_documents_have_commands_of_every_kind()
    {
        string[] all = [.. Snippets.Documents.SelectMany(Snippets.Commands)];

        foreach (string kind in (string[])["finetune new ", "finetune schema", "dotnet new finetune-web", "dotnet run -p:TrainModel=true", "dotnet build -t:InspectModel", "dotnet pack src/Packages"])
        {
            Assert.Contains(all, line => line.StartsWith(kind, StringComparison.Ordinal));
        }
    }

    private static string? OfFineTune(string line)
    {
        string[] words = Words(line);
        // A word in capitals stands for one that the reader chooses.
        if (words[1].StartsWith('-') || IsPlaceholder(words[1])) return null;
        if (!Commands.TryGetValue(words[1], out Command? command)) return $"no command '{words[1]}'";
        string[] known = [.. command.Options.SelectMany(static option => option.Aliases.Append(option.Name)), "--help", "--version"];
        string? unknown = words.Skip(2).Where(static word => word.StartsWith("--", StringComparison.Ordinal) && word != "--").FirstOrDefault(word => !known.Contains(word));
        return unknown is null ? null : $"no option '{unknown}'";
    }

    private static string? OfDotNet(string line)
    {
        string[] words = Words(line);
        if (!Verbs.Contains(words[1]) && !words[1].StartsWith('-')) return $"no verb '{words[1]}'";
        int inner = Array.IndexOf(words, "--");
        string[] own = inner < 0 ? words : words[..inner];
        foreach (string word in own)
        {
            if (Property().Match(word) is { Success: true } property && !IsProperty(property.Groups["name"].Value)) return $"no property '{property.Groups["name"].Value}'";
            if (Target().Match(word) is { Success: true } target && !Targets.Contains($"<Target Name=\"{target.Groups["name"].Value}\"", StringComparison.Ordinal)) return $"no target '{target.Groups["name"].Value}'";
        }
        int project = Array.IndexOf(own, "--project");
        if (project >= 0 && own[project + 1] is { } folder && folder.Contains('/') && !Directory.Exists(Path.Combine(Snippets.Repository, folder))) return $"no folder '{folder}'";
        if (project >= 0 && own[project + 1] == "src/Training" && inner >= 0) return OfFineTune("finetune " + string.Join(' ', words[(inner + 1)..]));
        return words is [_, "new", not "install", ..] ? OfTemplate(words) : null;
    }

    private static string? OfTemplate(string[] words)
    {
        string content = Path.Combine(Snippets.Repository, "src/Packages/FineTune.Templates/content", words[2]);
        if (!Directory.Exists(content)) return $"no template '{words[2]}'";
        JsonObject symbols = JsonNode.Parse(File.ReadAllText(Path.Combine(content, ".template.config/template.json")))!["symbols"]!.AsObject();
        for (int i = 3; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) continue;
            string name = words[i][2..];
            if (symbols[name] is not JsonObject symbol) return $"no option '{words[i]}'";
            if (symbol["choices"] is JsonArray choices && !choices.Any(choice => choice!["choice"]!.GetValue<string>() == words[i + 1])) return $"no choice '{words[i + 1]}'";
        }
        return null;
    }

    private static bool IsProperty(string name) => OtherProperties.Contains(name) || Regex.IsMatch(Targets, $@"\$\({name}\)|<{name}[ >]");

    private static bool IsPlaceholder(string word) => word.All(static c => c is (>= 'A' and <= 'Z') or '…' or '[' or ']');

    private static string[] Words(string line) => [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    [GeneratedRegex(@"^-p:(?<name>\w+)")]
    private static partial Regex Property();

    [GeneratedRegex(@"^-t:(?<name>\w+)")]
    private static partial Regex Target();
}
