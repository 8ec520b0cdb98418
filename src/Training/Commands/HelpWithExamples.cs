using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FineTune.Training.Commands;

/// <summary>A command whose help shows how it is used.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines that work, each on a line of its own.</summary>
    IReadOnlyList<string> Examples { get; }
}

/// <summary>The help of a command, then its examples and the exit codes.</summary>
/// <param name="help">What writes the help.</param>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0    done
          1    an error, or not everything could be done; each error is a line with a code, MSPECnnnn
          2    the name of something that does not exist
          130  interrupted
        """;

    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <summary>Makes the help of a command and of all commands below it end with examples.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
        {
            if (option.Action is HelpAction action) option.Action = new HelpWithExamples(action);
        }
    }

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is IHasExamples { Examples: { Count: > 0 } examples })
        {
            output.WriteLine("Examples:");
            foreach (string example in examples) output.WriteLine("  " + example);
            output.WriteLine();
        }
        output.WriteLine(ExitCodes);
        output.WriteLine();
        return code;
    }
}
