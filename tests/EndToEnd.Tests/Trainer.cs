using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>The trainer as a command: <c>finetune</c>.</summary>
internal static class Trainer
{
    public static readonly string Assembly = Path.Combine(DotNet.RepositoryRoot, "src/Training/bin", DotNet.Configuration, "net10.0/finetune.dll");

    public static CommandResult Run(params string[] arguments) => DotNet.Run(DotNet.RepositoryRoot, ["exec", Assembly, .. arguments]);

    public static Process Start(params string[] arguments) => DotNet.Start("dotnet", DotNet.RepositoryRoot, ["exec", Assembly, .. arguments]);
}
