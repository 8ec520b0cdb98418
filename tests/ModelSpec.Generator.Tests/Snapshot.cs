using System.Runtime.CompilerServices;

namespace ModelSpec.Generator.Tests;

/// <summary>Compares text with a reviewed file. Where they differ, the new text is put beside it as <c>.received.cs</c>.</summary>
internal static class Snapshot
{
    public static void Match(string name, string text, [CallerFilePath] string caller = "")
    {
        string folder = Path.Combine(Path.GetDirectoryName(caller)!, "Snapshots");
        string verified = Path.Combine(folder, name + ".verified.cs");
        string received = Path.Combine(folder, name + ".received.cs");
        string expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
        if (expected == text)
        {
            File.Delete(received);
            return;
        }
        Directory.CreateDirectory(folder);
        File.WriteAllText(received, text);
        Assert.Fail($"The generated source differs from {verified}. Where the new one, {received}, is right, let it take the old one's place.");
    }
}
