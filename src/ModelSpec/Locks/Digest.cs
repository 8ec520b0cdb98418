using System.Security.Cryptography;
using System.Text;

namespace ModelSpec.Locks;

/// <summary>SHA-256 digests as locks write them: <c>sha256:</c> and 64 hexadecimal digits.</summary>
public static class Digest
{
    /// <summary>What every digest begins with.</summary>
    public const string Prefix = "sha256:";

    /// <summary>The digest of a text in UTF-8.</summary>
    public static string Of(string text)
    {
        using var sha = SHA256.Create();
        return Of(sha.ComputeHash(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The digest whose 32 bytes are given.</summary>
    public static string Of(byte[] hash)
    {
        var text = new StringBuilder(Prefix, Prefix.Length + 2 * hash.Length);
        foreach (byte b in hash) text.Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        return text.ToString();
    }

    /// <summary>The hexadecimal digits of a digest: its name in a file system.</summary>
    public static string Hex(string digest) => digest.Substring(Prefix.Length);
}
