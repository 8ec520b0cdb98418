using System.Net;
using System.Security.Cryptography;
using System.Text;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace Training.Tests.Assets;

public class DownloaderTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000)));
    private static readonly SpecLocation Location = new("f.modelspec", SourceSpan.FileStart);

    [Theory]
    [InlineData("md5")]
    [InlineData("sha256")]
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
        Assert.Equal([path], Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
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
        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Without_a_network_the_error_says_where_to_put_the_file()
    {
        using var folder = new TemporaryFolder();
        string url;
        using (var server = new LoopbackServer(Body)) url = server.Url;

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Download(url, folder, null)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Contains(url, diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(folder["weights/w.bin"], diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("ModelSpecAssets", diagnostic.Message, StringComparison.Ordinal);
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

    private static string? Digest(string kind) => kind switch
    {
        "md5" => "md5:" + Convert.ToHexStringLower(MD5.HashData(Body)),
        "sha256" => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Body)),
        "prefix" => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Body))[..8],
        _ => null,
    };

    private static string Download(LoopbackServer server, TemporaryFolder folder, string? digest) => Download(server.Url, folder, digest);

    private static string Download(string url, TemporaryFolder folder, string? digest)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return new Downloader(new AssetFolders([], folder.Path), new RecordingLog(), client)
            .Download(new RemoteFile("w.bin", url, digest, "weights/w.bin"), Location);
    }

    /// <summary>An HTTP server on loopback that always answers the same.</summary>
    private sealed class LoopbackServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        public LoopbackServer(byte[] body, bool googleHash = false, bool damage = false, int status = 200)
        {
            using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            }
            _listener.Prefixes.Add(Url);
            _listener.Start();
            byte[] sent = damage ? [.. body[..^1], (byte)(body[^1] ^ 1)] : body;
            _ = Task.Run(async () =>
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                context.Response.StatusCode = status;
                if (googleHash) context.Response.Headers.Add("x-goog-hash", "crc32c=AAAAAA==,md5=" + Convert.ToBase64String(MD5.HashData(body)));
                context.Response.ContentLength64 = sent.Length;
                await context.Response.OutputStream.WriteAsync(sent);
                context.Response.Close();
            });
        }

        public string Url { get; }

        public void Dispose() => _listener.Close();
    }
}
