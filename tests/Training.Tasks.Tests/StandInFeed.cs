using System.IO.Compression;

namespace Training.Tasks.Tests;

/// <summary>A folder of packages that have the names, dependencies and properties of others, and nothing else.</summary>
/// <param name="folder">The folder.</param>
internal sealed class StandInFeed(string folder)
{
    /// <summary>Writes a package.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="dependencies">The packages that it depends on.</param>
    /// <param name="files">Its files: their paths in the package, and their content.</param>
    public void Add(string id, string version, (string Id, string Version)[] dependencies, params (string Path, string Content)[] files)
    {
        Directory.CreateDirectory(folder);
        using var archive = new ZipArchive(File.Create(Path.Combine(folder, $"{id}.{version}.nupkg")), ZipArchiveMode.Create);
        Write($"{id}.nuspec", $"""
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata>
                <id>{id}</id>
                <version>{version}</version>
                <authors>tests</authors>
                <description>A stand-in.</description>
                <dependencies>
                  <group targetFramework=".NETStandard2.0">
                    {string.Concat(dependencies.Select(static dependency => $"""<dependency id="{dependency.Id}" version="{dependency.Version}" />"""))}
                  </group>
                </dependencies>
              </metadata>
            </package>
            """);
        Write("lib/netstandard2.0/_._", "");
        foreach ((string path, string content) in files) Write(path, content);

        void Write(string path, string content)
        {
            using var writer = new StreamWriter(archive.CreateEntry(path).Open());
            writer.Write(content);
        }
    }
}
