using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace FineTune.Weights;

/// <summary>Finds an embedded resource in the file of its assembly, from where it can be mapped.</summary>
internal static class ResourceFile
{
    /// <summary>Resources begin with their length (ECMA-335, II.24.2.4).</summary>
    private const int LengthPrefix = sizeof(uint);

    /// <summary>The file and the position of a resource, or null if the assembly is not a separate file, as in a single-file application.</summary>
    public static (string Path, long Position)? Find(Assembly assembly, string resource)
    {
#pragma warning disable IL3000 // Empty in a single-file application, which is asked for here.
        string path = assembly.Location;
#pragma warning restore IL3000
        if (path.Length == 0 || !File.Exists(path)) return null;
        using FileStream file = File.OpenRead(path);
        using var image = new PEReader(file);
        MetadataReader metadata = image.GetMetadataReader();
        foreach (ManifestResourceHandle handle in metadata.ManifestResources)
        {
            ManifestResource candidate = metadata.GetManifestResource(handle);
            if (candidate.Implementation.IsNil
                && metadata.StringComparer.Equals(candidate.Name, resource)
                && image.PEHeaders.TryGetDirectoryOffset(image.PEHeaders.CorHeader!.ResourcesDirectory, out int start))
            {
                return (path, start + candidate.Offset + LengthPrefix);
            }
        }
        return null;
    }
}
