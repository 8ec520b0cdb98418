using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FineTune.Training.Diagnostics;
using FineTune.Training.Processes;
using FineTune.Training.WeightFormats;
using FineTune.Training.Weights;
using Polly;
using Polly.Retry;

namespace FineTune.Training.Assets;

/// <summary>A published file.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Url">Its address.</param>
/// <param name="Digest">
/// Its digest as <c>md5:hex</c>, <c>sha256:hex</c> or <c>sha512:hex</c>, the hexadecimal digits may be a prefix; null if none is published.
/// </param>
/// <param name="RelativePath">Its path in an asset folder.</param>
/// <param name="Size">Its size as text: <c>58.9 MB</c>; null if it is not known.</param>
/// <param name="Member">Its path in the zip archive that is at <paramref name="Url"/>; null if the file itself is there.</param>
internal sealed record RemoteFile(string Name, string Url, string? Digest, string RelativePath, string? Size = null, string? Member = null);

/// <summary>The time limits of a download.</summary>
/// <param name="Silence">The time without a received byte after which the connection counts as lost.</param>
/// <param name="FirstPause">The pause before the second attempt; each later one is about twice as long.</param>
internal sealed record DownloadPatience(TimeSpan Silence, TimeSpan FirstPause)
{
    public static DownloadPatience Default { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
}

/// <summary>
/// Downloads published files into the cache. If a connection is lost, the received bytes are kept and the next attempt resumes there, unless
/// the server has another file by then. A file is verified before it is moved into place. If several processes need the same
/// file, one downloads it and the others wait.
/// </summary>
internal sealed class Downloader(AssetFolders folders, IProgressLog log, HttpClient client, DownloadPatience? patience = null)
{
    private const int Attempts = 5;

    /// <summary>The largest size of an extracted file.</summary>
    private const long LargestMember = 16L << 30;

    private readonly DownloadPatience _patience = patience ?? DownloadPatience.Default;

    /// <summary>The client of every command. A request without an answer fails after 30 seconds.</summary>
    public static HttpClient CreateClient() => new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Downloads a file, unless another process has done so in the meantime.</summary>
    /// <param name="file">The file.</param>
    /// <param name="location">The position that an error is reported at.</param>
    /// <param name="cancellation">Cancels the download and every wait in it; the received bytes are kept.</param>
    /// <returns>Its path in the cache.</returns>
    /// <exception cref="TrainingException">It cannot be downloaded, or differs from what was published. The message says where to put the file by hand.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string Download(RemoteFile file, SpecLocation location, CancellationToken cancellation = default)
    {
        FileDigest? published = file.Digest is null ? null : FileDigest.Parse(file.Digest, location);
        string target = Path.Combine(folders.Cache, file.RelativePath);
        try
        {
            using var turn = Turn.Take(target + ".lock", () => log.Line($"{file.Name}: another process is downloading it; waiting"), cancellation);
            if (File.Exists(target)) return target;
            var part = new PartialFile(target + ".part");
            FileDigest? stated = FetchAsync(file, part, cancellation).GetAwaiter().GetResult();
            if (file.Member is null)
            {
                Verify(file, part, published ?? stated, location, cancellation);
            }
            else
            {
                Verify(file, part, stated, location, cancellation);
                Unpack(file.Member, part);
                Verify(file, part, published, location, cancellation);
            }
            part.MoveTo(target);
            return target;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or UnauthorizedAccessException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw location.Error(
                e, TrainingDiagnostics.Download, file.Name, file.Url, Sentence(e.Message), target, file.RelativePath, file.Size is null ? "" : $" ({file.Size})",
                file.Member is null ? "" : $", take '{file.Member}' out of it (it is a zip archive),");
        }
    }

    /// <summary>Fills the partial file. After a lost connection, resumes at its end.</summary>
    /// <returns>The digest that the server states, or null.</returns>
    private async Task<FileDigest?> FetchAsync(RemoteFile file, PartialFile part, CancellationToken cancellation)
    {
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = Attempts - 1,
                Delay = _patience.FirstPause,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = retry => new ValueTask<bool>(!cancellation.IsCancellationRequested && retry.Outcome.Exception is { } e && MayPass(e)),
                OnRetry = retry =>
                {
                    log.Line($"{file.Name}: {Sentence(retry.Outcome.Exception!.Message)} Resuming from byte {part.Length}.");
                    return default;
                },
            })
            .Build();
        return await pipeline.ExecuteAsync(async token => await FetchOnceAsync(file, part, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    private async Task<FileDigest?> FetchOnceAsync(RemoteFile file, PartialFile part, CancellationToken cancellation)
    {
        // Without the server's validator or a published digest, it could not be detected that the rest belongs to another file.
        if (part.Validator is null && file.Digest is null) part.Delete();
        long have = part.Length;
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
        if (have > 0)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            // If the server's file has changed, it is sent from the beginning.
            if (part.Validator is { } validator) request.Headers.TryAddWithoutValidation("If-Range", validator);
        }
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        string? version = ValidatorOf(response);
        if (have > 0 && response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PartialContent
            && ((version is not null && part.Validator is not null && version != part.Validator)
                || (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length != have)
                || (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != have)))
        {
            part.Delete();
            throw new HttpIOException(HttpRequestError.InvalidResponse, "The server has another file than before.");
        }
        // Nothing is left to send: the partial file was complete.
        if (have > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return StatedDigest(response);
        response.EnsureSuccessStatusCode();
        // A server that ignores ranges sends the whole file again.
        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            have = 0;
            part.Begin(version);
        }

        using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using FileStream target = part.Append();
        long? all = response.Content.Headers.ContentLength + have;
        await CopyAsync(body, target, file.Name, all, cancellation).ConfigureAwait(false);
        if (all is { } expected && target.Length != expected)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"The connection ended after {target.Length} of {expected} bytes.");
        }
        return StatedDigest(response);
    }

    private async Task CopyAsync(Stream body, FileStream target, string name, long? all, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 20];
        long begin = target.Position;
        var clock = Stopwatch.StartNew();
        TimeSpan last = TimeSpan.Zero;
        int read;
        while ((read = await ReadAsync(body, buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            // The received bytes are kept, also if the download is cancelled.
            await target.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
            if (clock.Elapsed - last < TimeSpan.FromSeconds(1)) continue;
            last = clock.Elapsed;
            string of = all is { } length ? string.Create(CultureInfo.InvariantCulture, $" of {length / 1e6:0.0}") : "";
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {target.Position / 1e6:0.0}{of} MB, {(target.Position - begin) / 1e6 / last.TotalSeconds:0.0} MB/s"));
        }
    }

    /// <summary>Reads the next bytes; if none arrive in time, the connection counts as lost.</summary>
    private async Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(_patience.Silence);
        try
        {
            return await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && silence.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new HttpIOException(
                HttpRequestError.ResponseEnded, string.Create(CultureInfo.InvariantCulture, $"No byte arrived for {_patience.Silence.TotalSeconds} seconds."), e);
        }
    }

    /// <summary>Whether another attempt may succeed: after a lost connection, or if the server is busy or does not answer; not after a full disk or a missing page.</summary>
    private static bool MayPass(Exception e) => e switch
    {
        HttpIOException or OperationCanceledException => true,
        HttpRequestException { StatusCode: { } status } =>
            status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.ConnectionError } => true,
        IOException => e.InnerException is System.Net.Sockets.SocketException,
        _ => false,
    };

    /// <summary>Identifies the version of the server's file: a strong ETag, or its date; null if there is neither.</summary>
    private static string? ValidatorOf(HttpResponseMessage response) =>
        response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : response.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The digest that the server sends, used if the publisher gives none: Content-MD5, or Google Cloud Storage's header.</summary>
    private static FileDigest? StatedDigest(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentMD5 is { } md5) return FileDigest.OfMd5(md5);
        string? stated = (response.Headers.TryGetValues("x-goog-hash", out IEnumerable<string>? values) ? values : [])
            .SelectMany(static v => v.Split(','))
            .FirstOrDefault(static v => v.Trim().StartsWith("md5=", StringComparison.Ordinal));
        byte[] bytes = new byte[MD5.HashSizeInBytes];
        bool isDigest = stated is not null && Convert.TryFromBase64String(stated.Trim()["md5=".Length..], bytes, out int length) && length == bytes.Length;
        return isDigest ? FileDigest.OfMd5(bytes) : null;
    }

    /// <summary>Replaces the downloaded archive by one of its files.</summary>
    /// <exception cref="InvalidDataException">The download is not a zip archive, or does not contain the file. It is not kept.</exception>
    private static void Unpack(string member, PartialFile part)
    {
        string unpacked = part.Path + ".member";
        try
        {
            using (ZipArchive archive = ZipFile.OpenRead(part.Path))
            {
                ZipArchiveEntry entry = archive.GetEntry(member) ?? throw new InvalidDataException($"The archive has no file '{member}'.");
                using FileStream file = File.Create(unpacked);
                entry.CopyTo(file, LargestMember);
            }
            part.Delete();
            File.Move(unpacked, part.Path);
        }
        catch (InvalidDataException)
        {
            part.Delete();
            throw;
        }
        finally
        {
            File.Delete(unpacked);
        }
    }

    private static void Verify(RemoteFile file, PartialFile part, FileDigest? expected, SpecLocation location, CancellationToken cancellation)
    {
        if (expected is null) return;
        string digest = expected.Compute(part.Path, cancellation);
        if (expected.Matches(digest)) return;
        part.Delete();
        throw location.Error(TrainingDiagnostics.Digest, file.Url, expected.Algorithm, digest, expected.Hex);
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";
}
