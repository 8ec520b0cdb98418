using System.Security.Cryptography;

namespace FineTune.Training.Assets;

/// <summary>The digest of a file as its publisher states it.</summary>
/// <param name="Algorithm"><c>md5</c> or <c>sha256</c>.</param>
/// <param name="Hex">The digest in hexadecimal, or its beginning.</param>
internal sealed record PublishedDigest(string Algorithm, string Hex)
{
    /// <summary>Reads <c>md5:hex</c> or <c>sha256:hex</c>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static PublishedDigest Parse(string text) => text.Split(':') is [("md5" or "sha256") and var algorithm, var hex]
        ? new PublishedDigest(algorithm, hex)
        : throw new FormatException($"'{text}' is not a digest.");

    /// <summary>Computes this kind of digest of a file, in hexadecimal.</summary>
    public string Compute(string path)
    {
        using FileStream stream = File.OpenRead(path);
#pragma warning disable CA5351 // MD5 is what the publishers give.
        return Convert.ToHexStringLower(Algorithm == "sha256" ? SHA256.HashData(stream) : MD5.HashData(stream));
#pragma warning restore CA5351
    }

    /// <summary>Whether a computed digest is the published one.</summary>
    public bool Matches(string digest) => digest.StartsWith(Hex, StringComparison.OrdinalIgnoreCase);
}
