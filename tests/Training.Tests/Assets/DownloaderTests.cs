using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace Training.Tests.Assets;

public class DownloaderTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000)));
    private static readonly SpecLocation Location = new("f.modelspec", SourceSpan.FileStart);

    [Theory]
    [InlineData("md5")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    [InlineData("prefix")]
    [InlineData("goog")]
    [InlineData("none")]
    public void A_file_is_verified_and_moved_into_place(string digest)
    {
        using var server = new LoopbackServer(Body, googleHash: digest == "goog");
        using var folder = new TemporaryFolder();

        string path = Download(server, folder, Digest(digest));

        Assert.Equal(folder["weights/w.bin"], path);
        Assert.Equal(Body, File.ReadAllBytes(path));
        Assert.Equal([path], Files(folder));
    }

    [Theory]
    [InlineData("md5")]
    [InlineData("goog")]
    public void A_wrong_body_is_refused_and_not_kept(string digest)
    {
        using var server = new LoopbackServer(Body, googleHash: digest == "goog", damage: true);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(server, folder, Digest(digest))).Diagnostic;

        Assert.Equal("MSPEC2006", diagnostic.Descriptor.Code);
        Assert.Empty(Files(folder));
    }

    [Fact]
    public void Without_a_network_the_error_says_where_to_put_the_file()
    {
        using var folder = new TemporaryFolder();
        string url;
        using (var server = new LoopbackServer(Body)) url = server.Url;

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(url, folder, null)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Contains("(58.9 MB) is not on this machine", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(url, diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(folder["weights/w.bin"], diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("ModelSpecAssets", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_an_archive_is_taken_out_of_it_and_verified()
    {
        using var server = new LoopbackServer(Zip("package/models/w.bin"), dropAfter: [500]);
        using var folder = new TemporaryFolder();

        string path = DownloadMember(server.Url, folder, Digest("sha256"));

        Assert.Equal(folder["weights/w.bin"], path);
        Assert.Equal(Body, File.ReadAllBytes(path));
        Assert.Equal([path], Files(folder));
    }

    [Fact]
    public void A_file_in_an_archive_that_is_another_one_is_refused_and_not_kept()
    {
        using var server = new LoopbackServer(Zip("package/models/w.bin"));
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => DownloadMember(server.Url, folder, "sha256:00000000")).Diagnostic;

        Assert.Equal("MSPEC2006", diagnostic.Descriptor.Code);
        Assert.Empty(Files(folder));
    }

    [Theory]
    [InlineData(true, "has no file 'package/models/w.bin'")]
    [InlineData(false, "")]
    public void An_archive_without_the_file_is_an_error_that_says_what_to_do(bool isArchive, string reason)
    {
        using var server = new LoopbackServer(isArchive ? Zip("w.bin") : Body);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => DownloadMember(server.Url, folder, Digest("sha256"))).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Contains(reason, diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"Download {server.Url} in another way, take 'package/models/w.bin' out of it (it is a zip archive), and put it at '{folder["weights/w.bin"]}'",
            diagnostic.Message, StringComparison.Ordinal);
        Assert.Empty(Files(folder));
    }

    [Fact]
    public void A_missing_page_is_an_error()
    {
        using var server = new LoopbackServer(Body, status: 404);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(server, folder, null)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Contains("404", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_download_resumes_after_a_lost_connection_also_where_the_server_ignores_ranges(bool ranges)
    {
        using var server = new LoopbackServer(Body, dropAfter: [5000, 3000], ignoresRanges: !ranges);
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();

        string path = Download(server.Url, folder, Digest("sha256"), log);

        Assert.Equal(Body, File.ReadAllBytes(path));
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(2, log.Lines.Count(static l => l.Contains("Resuming from byte", StringComparison.Ordinal)));
        Assert.Equal(ranges ? "bytes=5000-" : null, ranges ? server.Requests[1] : null);
    }

    [Fact]
    public void What_an_earlier_process_left_is_resumed()
    {
        using var server = new LoopbackServer(Body);
        using var folder = new TemporaryFolder();
        folder.Write("weights/w.bin.part", Body[..7000]);

        string path = Download(server, folder, Digest("sha256"));

        Assert.Equal(Body, File.ReadAllBytes(path));
        Assert.Equal(["bytes=7000-"], server.Requests);
    }

    [Fact]
    public void A_connection_that_is_lost_again_and_again_is_an_error_and_what_came_is_kept()
    {
        using var server = new LoopbackServer(Body, dropAfter: [100, 100, 100, 100, 100, 100], tags: true);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(server, folder, null)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Equal(500, new FileInfo(folder["weights/w.bin.part"]).Length);
        Assert.False(File.Exists(folder["weights/w.bin"]));
    }

    [Fact]
    public async Task Of_two_that_fetch_at_once_one_downloads_and_both_have_the_file()
    {
        using var server = new LoopbackServer(Body, delay: TimeSpan.FromMilliseconds(600));
        using var folder = new TemporaryFolder();

        string[] paths = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Download(server, folder, Digest("md5")))));

        Assert.Single(server.Requests);
        Assert.All(paths, path => Assert.Equal(Body, File.ReadAllBytes(path)));
        Assert.Equal([folder["weights/w.bin"]], Files(folder));
    }

    [Fact]
    public void A_file_that_was_replaced_on_the_server_is_downloaded_anew_and_never_spliced()
    {
        byte[] other = [.. Body.Reverse()];
        using var server = new LoopbackServer(Body, dropAfter: [5000], tags: true, replacement: other);
        using var folder = new TemporaryFolder();

        // Only the server's tag distinguishes the two.
        string path = Download(server, folder, null);

        Assert.Equal(other, File.ReadAllBytes(path));
        Assert.Equal("bytes=5000-", server.Requests[1]);
        Assert.Equal([path], Files(folder));
    }

    [Fact]
    public void Where_nothing_tells_versions_apart_a_download_begins_anew()
    {
        byte[] other = [.. Body.Reverse()];
        using var server = new LoopbackServer(Body, dropAfter: [5000], replacement: other);
        using var folder = new TemporaryFolder();

        string path = Download(server, folder, null);

        Assert.Equal(other, File.ReadAllBytes(path));
        Assert.Equal(["", ""], server.Requests);
    }

    [Fact]
    public void A_body_that_falls_silent_counts_as_a_lost_connection()
    {
        using var server = new LoopbackServer(Body, dropAfter: [5000], tags: true, silent: 1);
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();
        using var client = new HttpClient();
        // Even with a short time limit, each attempt resumes where the previous one ended.
        var downloader = new Downloader(new AssetFolders([], folder.Path), log, client, new DownloadPatience(TimeSpan.FromSeconds(2), TimeSpan.Zero));

        string path = downloader.Download(new RemoteFile("w.bin", server.Url, Digest("sha256"), "weights/w.bin"), Location, TestContext.Current.CancellationToken);

        Assert.Equal(Body, File.ReadAllBytes(path));
        Assert.Contains(log.Lines, static l => l.Contains("No byte arrived for 2 seconds.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_download_that_waits_for_bytes_can_be_cancelled_and_keeps_what_has_arrived()
    {
        using var cancellation = new CancellationTokenSource();
        using var server = new LoopbackServer(Body, dropAfter: [5000], tags: true, silent: 1) { Silent = cancellation.Cancel };
        using var folder = new TemporaryFolder();

        Assert.ThrowsAny<OperationCanceledException>(() => Download(server.Url, folder, null, cancellation: cancellation.Token));

        Assert.False(File.Exists(folder["weights/w.bin"]));
    }

    [Fact]
    public void A_download_that_waits_for_another_process_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        using var turn = FineTune.Training.Processes.Turn.Take(folder["weights/w.bin.lock"], static () => { });
        var log = new CancellingLog(cancellation);
        using var client = new HttpClient();
        var downloader = new Downloader(new AssetFolders([], folder.Path), log, client);

        Assert.ThrowsAny<OperationCanceledException>(
            () => downloader.Download(new RemoteFile("w.bin", "http://127.0.0.1:9/", null, "weights/w.bin"), Location, cancellation.Token));
    }

    [Fact]
    public void A_server_that_is_busy_is_asked_again()
    {
        using var server = new LoopbackServer(Body, status: 503);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(server, folder, null)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Equal(5, server.Requests.Count);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("sha1:0123456789")]
    [InlineData("md5:0123")]
    [InlineData("sha256:xyzxyzxyz")]
    public void A_digest_that_makes_no_sense_is_an_error_before_anything_is_downloaded(string digest)
    {
        using var server = new LoopbackServer(Body);
        using var folder = new TemporaryFolder();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(server, folder, digest)).Diagnostic;

        Assert.Equal("MSPEC3041", diagnostic.Descriptor.Code);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("/a;/b")]
    [InlineData("/a; /b;")]
    public void Lists_of_asset_folders_are_split_at_semicolons_everywhere(string list) => Assert.Equal(["/a", "/b"], AssetFolders.Split(list));

    [Fact]
    public void Lists_of_asset_folders_are_split_at_the_systems_separator_too() =>
        Assert.Equal(["a", "b", "c"], AssetFolders.Split($"a{Path.PathSeparator}b;c"));

    private static Downloader Patient(HttpClient client, TemporaryFolder folder, RecordingLog? log) =>
        new(new AssetFolders([], folder.Path), log ?? new RecordingLog(), client, new DownloadPatience(TimeSpan.FromMinutes(1), TimeSpan.Zero));

    /// <summary>Every file but the lock, which stays.</summary>
    private static IEnumerable<string> Files(TemporaryFolder folder) =>
        Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Where(static f => !f.EndsWith(".lock", StringComparison.Ordinal));

    private static string? Digest(string kind) => kind switch
    {
        "md5" => "md5:" + Convert.ToHexStringLower(MD5.HashData(Body)),
        "sha512" => "sha512:" + Convert.ToHexStringLower(SHA512.HashData(Body)),
        "sha256" => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Body)),
        "prefix" => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Body))[..8],
        _ => null,
    };

    private static string Download(LoopbackServer server, TemporaryFolder folder, string? digest) => Download(server.Url, folder, digest, new RecordingLog());

    private static string Download(string url, TemporaryFolder folder, string? digest, RecordingLog? log = null, CancellationToken cancellation = default)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return Patient(client, folder, log).Download(new RemoteFile("w.bin", url, digest, "weights/w.bin", "58.9 MB"), Location, cancellation);
    }

    private static string DownloadMember(string url, TemporaryFolder folder, string? digest)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return Patient(client, folder, null).Download(new RemoteFile("w.bin", url, digest, "weights/w.bin", Member: "package/models/w.bin"), Location);
    }

    /// <summary>A zip archive with the body under a name, after another file.</summary>
    private static byte[] Zip(string name)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            archive.CreateEntry("package/__init__.py");
            using Stream entry = archive.CreateEntry(name).Open();
            entry.Write(Body);
        }
        return bytes.ToArray();
    }

    /// <summary>Cancels as soon as something is logged.</summary>
    private sealed class CancellingLog(CancellationTokenSource cancellation) : FineTune.Training.IProgressLog
    {
        public void Line(string text) => cancellation.Cancel();

        public void Report(Diagnostic diagnostic)
        {
        }
    }
}
