using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using FineTune.Training.Diagnostics;
using FineTune.Training.Processes;

namespace FineTune.Training.Assets;

/// <summary>A published file.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Digest">Its digest as <c>md5:hex</c> or <c>sha256:hex</c>, where the hex may be a prefix; null where none is published.</param>
/// <param name="RelativePath">Where it stands in an asset folder.</param>
/// <param name="Size">How large it is, for people: <c>58.9 MB</c>; null where that is not known.</param>
internal sealed record RemoteFile(string Name, string Url, string? Digest, string RelativePath, string? Size = null);

/// <summary>
/// Downloads published files into the cache. What has arrived is kept when a connection ends, and gone on with; the file is verified
/// before it is moved into place. Of several processes that want the same file, one downloads and the others wait.
/// </summary>
internal sealed class Downloader(AssetFolders folders, IProgressLog log, HttpClient client)
{
    private const int Attempts = 5;

    /// <summary>The client that every command downloads with: a server that does not answer is given up after 30 seconds.</summary>
    public static HttpClient CreateClient() => new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Downloads a file, unless another process has done so meanwhile.</summary>
    /// <returns>Its path in the cache.</returns>
    /// <exception cref="TrainingException">It cannot be had, or is not what was published; the message says where to put it by hand.</exception>
    public string Download(RemoteFile file, SpecLocation location)
    {
        string target = Path.Combine(folders.Cache, file.RelativePath);
        string part = target + ".part";
        try
        {
            using var turn = Turn.Take(target + ".lock", () => log.Line($"{file.Name}: another process downloads it; waiting"));
            if (File.Exists(target)) return target;
            string? published = Fetch(file, part);
            Verify(file, part, file.Digest ?? published, location);
            File.Move(part, target, overwrite: true);
            return target;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.Download, file.Name, file.Url, Sentence(e.Message), target, file.RelativePath, file.Size is null ? "" : $" ({file.Size})");
        }
    }

    /// <summary>Fills the partial file, going on where it ends after a connection was lost.</summary>
    /// <returns>The digest that the server states, or null.</returns>
    private string? Fetch(RemoteFile file, string part)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return FetchOnce(file, part);
            }
            catch (Exception e) when (attempt < Attempts && e is HttpIOException or IOException && IsLostConnection(e))
            {
                log.Line($"{file.Name}: {Sentence(e.Message)} Going on from byte {new FileInfo(part).Length}.");
            }
        }
    }

    private string? FetchOnce(RemoteFile file, string part)
    {
        long have = File.Exists(part) ? new FileInfo(part).Length : 0;
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
        if (have > 0) request.Headers.Range = new RangeHeaderValue(have, null);
        using HttpResponseMessage response = client.Send(request, HttpCompletionOption.ResponseHeadersRead);
        // Nothing is left to send: the partial file was whole already.
        if (have > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return StatedDigest(response);
        response.EnsureSuccessStatusCode();
        // A server that ignores ranges sends the whole file again.
        if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != have) have = 0;

        using Stream body = response.Content.ReadAsStream();
        using var target = new FileStream(part, have > 0 ? FileMode.Append : FileMode.Create);
        long? all = response.Content.Headers.ContentLength + have;
        Copy(body, target, file.Name, all);
        if (all is { } expected && target.Length != expected)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"The connection ended after {target.Length} of {expected} bytes.");
        }
        return StatedDigest(response);
    }

    private void Copy(Stream body, FileStream target, string name, long? all)
    {
        byte[] buffer = new byte[1 << 20];
        long begin = target.Position;
        var clock = Stopwatch.StartNew();
        TimeSpan last = TimeSpan.Zero;
        int read;
        while ((read = body.Read(buffer)) > 0)
        {
            target.Write(buffer, 0, read);
            if (clock.Elapsed - last < TimeSpan.FromSeconds(1)) continue;
            last = clock.Elapsed;
            string of = all is { } length ? string.Create(CultureInfo.InvariantCulture, $" of {length / 1e6:0.0}") : "";
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {target.Position / 1e6:0.0}{of} MB, {(target.Position - begin) / 1e6 / last.TotalSeconds:0.0} MB/s"));
        }
    }

    /// <summary>Of a lost connection more may be had; of a full disk or a missing page nothing.</summary>
    private static bool IsLostConnection(Exception e) => e is HttpIOException || e.InnerException is System.Net.Sockets.SocketException;

    /// <summary>The digest that the server itself states, where the publisher gives none: Content-MD5, or Google Cloud Storage's header.</summary>
    private static string? StatedDigest(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentMD5 is { } md5) return "md5:" + Convert.ToHexStringLower(md5);
        string? stated = (response.Headers.TryGetValues("x-goog-hash", out IEnumerable<string>? values) ? values : [])
            .SelectMany(static v => v.Split(','))
            .FirstOrDefault(static v => v.Trim().StartsWith("md5=", StringComparison.Ordinal));
        return stated is null ? null : "md5:" + Convert.ToHexStringLower(Convert.FromBase64String(stated.Trim()["md5=".Length..]));
    }

    private static void Verify(RemoteFile file, string part, string? published, SpecLocation location)
    {
        if (published is null) return;
        var expected = PublishedDigest.Parse(published);
        string digest = expected.Compute(part);
        if (expected.Matches(digest)) return;
        File.Delete(part);
        throw location.Error(TrainingDiagnostics.Digest, file.Url, expected.Algorithm, digest, expected.Hex);
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";
}
