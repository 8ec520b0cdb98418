using System.Reflection;
using System.Text.RegularExpressions;

namespace ModelSpec.Generator.Tests;

/// <summary>Compares text with a reviewed file. If they differ, the new text is written next to it as <c>.received.cs</c>.</summary>
internal static class Snapshot
{
    // Not the caller's path: deterministic builds map source paths to places that do not exist.
    private static readonly string Folder = typeof(Snapshot).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Snapshots").Value!;

    public static void Match(string name, string text)
    {
        // A release changes no snapshot.
        text = Regex.Replace(text, @"(GeneratedCode\(""FineTune\.Build"", "")[\d.]+", "$1VERSION");
        string verified = Path.Combine(Folder, name + ".verified.cs");
        string received = Path.Combine(Folder, name + ".received.cs");
        string expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
        if (expected == text)
        {
            File.Delete(received);
            return;
        }
        Directory.CreateDirectory(Folder);
        File.WriteAllText(received, text);
        Assert.Fail($"The generated source differs from {verified}. If the new one, {received}, is correct, replace the old one with it.");
    }
}
