using System.CommandLine;

namespace FineTune.Training.Commands;

/// <summary><c>finetune completions SHELL</c>: prints the script that makes a shell complete the command line.</summary>
internal sealed class CompletionsCommand : Command, IHasExamples
{
    /// <summary>The shells, and the extensions of their scripts.</summary>
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = "bash",
        ["zsh"] = "zsh",
        ["pwsh"] = "ps1",
        ["fish"] = "fish",
    };

    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh, pwsh or fish." };

    public CompletionsCommand()
        : base("completions", "Prints the script that makes a shell complete commands, options, their values and the names of specs.")
    {
        _shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        Add(_shell);
        SetAction(parse => parse.InvocationConfiguration.Output.Write(Script(parse.GetValue(_shell)!)));
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples =>
    [
        "finetune completions bash > ~/.local/share/bash-completion/completions/finetune",
        "finetune completions zsh > ~/.zfunc/_finetune",
        "finetune completions fish > ~/.config/fish/completions/finetune.fish",
        "finetune completions pwsh >> $PROFILE",
    ];

    /// <summary>The script of a shell.</summary>
    internal static string Script(string shell)
    {
        using Stream resource = typeof(CompletionsCommand).Assembly.GetManifestResourceStream($"FineTune.Training.Completions.finetune.{Scripts[shell]}")!;
        using var text = new StreamReader(resource);
        return text.ReadToEnd();
    }
}
