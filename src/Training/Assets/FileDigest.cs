using System.Security.Cryptography;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;

namespace FineTune.Training.Assets;

/// <summary>The digest that a publisher gives for a file.</summary>
/// <param name="Algorithm"><c>md5</c>, <c>sha256</c> or <c>sha512</c>.</param>
/// <param name="Hex">The digest in lower-case hexadecimal digits, or the first of them.</param>
internal sealed record FileDigest(string Algorithm, string Hex)
{
    /// <summary>The number of digits that publishers put into file names; fewer are not significant enough.</summary>
    private const int FewestDigits = 8;

    /// <summary>Reads <c>algorithm:hex</c>.</summary>
    /// <exception cref="TrainingException">It is not a digest.</exception>
    public static FileDigest Parse(string text, SpecLocation location)
    {
        string[] parts = text.Split(':');
        bool isDigest = parts is ["md5" or "sha256" or "sha512", var hex]
            && hex.Length >= FewestDigits && hex.All(char.IsAsciiHexDigit) && hex.Length <= 2 * Size(parts[0]);
        return isDigest
            ? new FileDigest(parts[0], parts[1].ToLowerInvariant())
            : throw location.Error(TrainingDiagnostics.UnknownDigest, text, FewestDigits);
    }

    /// <summary>The digest with these bytes.</summary>
    public static FileDigest OfMd5(byte[] bytes) => new("md5", Convert.ToHexStringLower(bytes));

    /// <summary>The digest of a file by the same algorithm, in lower-case hexadecimal digits.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public string Compute(string path, CancellationToken cancellation) =>
        Convert.ToHexStringLower(FileDigests.Hash(path, Name(Algorithm), cancellation));

    /// <summary>Whether a computed digest equals this one.</summary>
    public bool Matches(string digest) => digest.StartsWith(Hex, StringComparison.Ordinal);

    // Some publishers give only MD5.
    private static HashAlgorithmName Name(string algorithm) => algorithm switch
    {
        "md5" => HashAlgorithmName.MD5,
        "sha512" => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    private static int Size(string algorithm) => algorithm switch
    {
        "md5" => MD5.HashSizeInBytes,
        "sha512" => SHA512.HashSizeInBytes,
        _ => SHA256.HashSizeInBytes,
    };
}
