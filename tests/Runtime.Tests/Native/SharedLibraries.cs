using System.Diagnostics;

namespace Runtime.Tests.Native;

/// <summary>Small shared libraries, made by the system's C compiler.</summary>
internal sealed class SharedLibraries : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string this[string name] => Path.Combine(_folder.Path, name);

    /// <summary>Compiles a library; the test is skipped where that is not possible.</summary>
    /// <param name="name">The file to make.</param>
    /// <param name="code">Its C code.</param>
    /// <param name="needed">Libraries, made before, that it asks the loader for.</param>
    public string Compile(string name, string code, params string[] needed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF is Linux's format");
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        var start = new ProcessStartInfo("gcc",
        [
            "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-x", "none", "-o", this[name], "-Wl,-soname," + Path.GetFileName(name), "-Wl,--no-as-needed",
            "-Wl,--allow-shlib-undefined", .. needed.Select(library => this[library]),
        ])
        {
            RedirectStandardInput = true,
        };
        Process? gcc = null;
        try
        {
            gcc = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("gcc is not installed");
        }
        using Process process = gcc!;
        process.StandardInput.Write(code);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return this[name];
    }

    public void Dispose() => _folder.Dispose();
}
