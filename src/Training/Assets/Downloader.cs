using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Assets;

/// <summary>A published file.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Digest">Its digest as <c>md5:hex</c> or <c>sha256:hex</c>, where the hex may be a prefix; null where none is published.</param>
/// <param name="RelativePath">Where it stands in an asset folder.</param>
internal sealed record RemoteFile(string Name, string Url, string? Digest, string RelativePath);

/// <summary>Downloads published files into the cache, verified before they are moved into place.</summary>
internal sealed class Downloader(AssetFolders folders, IProgressLog log, HttpClient client)
{
    /// <summary>Downloads a file.</summary>
    /// <returns>Its path in the cache.</returns>
    /// <exception cref="TrainingException">It cannot be had, or is not what was published; the message says where to put it by hand.</exception>
    public string Download(RemoteFile file, SpecLocation location)
    {
        string target = Path.Combine(folders.Cache, file.RelativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Environment.ProcessId}.part";
        try
        {
            using HttpResponseMessage response = client.Send(
                new HttpRequestMessage(HttpMethod.Get, file.Url), HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            (string algorithm, string digest) = Save(response, temporary, file);
            Verify(file.Url, file.Digest ?? PublishedBy(response), algorithm, digest, location);
            File.Move(temporary, target, overwrite: true);
            return target;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.Download, file.Name, file.Url, Sentence(e.Message), target, file.RelativePath);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private (string Algorithm, string Digest) Save(HttpResponseMessage response, string path, RemoteFile file)
    {
        string algorithm = (file.Digest ?? "md5:").Split(':')[0];
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm == "sha256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.MD5);
        using Stream body = response.Content.ReadAsStream();
        using FileStream target = File.Create(path);
        long? length = response.Content.Headers.ContentLength;
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        var clock = Stopwatch.StartNew();
        TimeSpan last = TimeSpan.Zero;
        int read;
        while ((read = body.Read(buffer)) > 0)
        {
            target.Write(buffer, 0, read);
            hash.AppendData(buffer, 0, read);
            done += read;
            if (clock.Elapsed - last < TimeSpan.FromSeconds(1)) continue;
            last = clock.Elapsed;
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"{file.Name}: {done / 1e6:0.0}{(length is { } all ? $" of {all / 1e6:0.0}" : "")} MB, {done / 1e6 / last.TotalSeconds:0.0} MB/s"));
        }
        if (length is { } expected && done != expected) throw new IOException($"The connection ended after {done} of {expected} bytes.");
        return (algorithm, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The digest that the server itself states, where the publisher gives none: Content-MD5, or Google Cloud Storage's header.</summary>
    private static string? PublishedBy(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentMD5 is { } md5) return "md5:" + Convert.ToHexStringLower(md5);
        string? stated = Values(response.Headers, "x-goog-hash")
            .SelectMany(static v => v.Split(','))
            .FirstOrDefault(static v => v.Trim().StartsWith("md5=", StringComparison.Ordinal));
        return stated is null ? null : "md5:" + Convert.ToHexStringLower(Convert.FromBase64String(stated.Trim()["md5=".Length..]));
    }

    private static IEnumerable<string> Values(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values : [];

    private static void Verify(string url, string? published, string algorithm, string digest, SpecLocation location)
    {
        if (published is null) return;
        string expected = published.Split(':')[1];
        if (!digest.StartsWith(expected, StringComparison.OrdinalIgnoreCase))
        {
            throw location.Error(TrainingDiagnostics.Digest, url, algorithm, digest, expected);
        }
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";
}
