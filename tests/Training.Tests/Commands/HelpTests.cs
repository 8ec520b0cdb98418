using System.CommandLine;
using System.Reflection;
using FineTune.Training.Commands;

namespace Training.Tests.Commands;

public class HelpTests
{
    /// <summary>Every command of the program.</summary>
    public static TheoryData<string> Commands => [.. All().Select(static command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_examples_in_its_help_and_a_row_in_the_documentation(string name)
    {
        Command command = All().Single(c => c.Name == name);
        string[] rows = File.ReadAllLines(Path.Combine(Metadata("Docs"), "commands.md"));
        Assert.Single(rows, row => row.StartsWith($"| `{name} ", StringComparison.Ordinal));

        var root = new RootCommand { command };
        HelpWithExamples.AddTo(root);
        using var output = new StringWriter();
        Assert.Equal(0, root.Parse([name, "--help"]).Invoke(new InvocationConfiguration { Output = output }));

        Assert.Contains($"  finetune {name}", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("  130  interrupted", output.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<Command> All() => typeof(SpecCommand).Assembly.GetTypes()
        .Where(static type => type.IsSubclassOf(typeof(Command)) && !type.IsAbstract)
        .Select(static type => (Command)Activator.CreateInstance(type)!);

    private static string Metadata(string key) =>
        typeof(HelpTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
