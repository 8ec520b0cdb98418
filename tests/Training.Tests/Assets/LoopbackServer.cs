using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Training.Tests.Assets;

/// <summary>
/// An HTTP server on loopback that serves one body, byte ranges included, and misbehaves on request: it ends connections early,
/// damages the body, ignores ranges, falls silent, has another file after some requests, answers late or with another status.
/// </summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _body;
    private readonly int[] _dropAfter;
    private readonly string _status;
    private readonly string _headers;
    private readonly bool _ignoresRanges;
    private readonly TimeSpan _delay;
    private readonly bool _tags;
    private readonly int _silent;
    private readonly byte[]? _replacement;
    private readonly CancellationTokenSource _end = new();

    public LoopbackServer(
        byte[] body, bool googleHash = false, bool damage = false, int status = 200, int[]? dropAfter = null, bool ignoresRanges = false, TimeSpan delay = default,
        bool tags = false, int silent = 0, byte[]? replacement = null)
    {
        _body = damage ? [.. body[..^1], (byte)(body[^1] ^ 1)] : body;
        _dropAfter = dropAfter ?? [];
        _status = status == 200 ? "" : status.ToString(CultureInfo.InvariantCulture);
        _headers = googleHash ? $"x-goog-hash: crc32c=AAAAAA==,md5={Convert.ToBase64String(MD5.HashData(body))}\r\n" : "";
        _ignoresRanges = ignoresRanges;
        _delay = delay;
        _tags = tags;
        _silent = silent;
        _replacement = replacement;
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";
        _ = Task.Run(AcceptAsync);
    }

    public string Url { get; }

    /// <summary>The range that each request asked for, or an empty text.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Called when the server has sent its last byte to a request and becomes silent.</summary>
    public Action? Silent { get; set; }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            string request = await ReadRequestAsync(stream);
            string range = request.Split("Range: ").ElementAtOrDefault(1)?.Split('\r')[0] ?? "";
            int number = Requests.Count;
            Requests.Add(range);
            await Task.Delay(_delay);
            // After the first request, the file may be another one.
            byte[] body = number > 0 && _replacement is not null ? _replacement : _body;
            string tag = _tags ? $"\"{Convert.ToHexStringLower(MD5.HashData(body))}\"" : "";
            string ifRange = request.Split("If-Range: ").ElementAtOrDefault(1)?.Split('\r')[0] ?? "";
            bool isAnother = ifRange.Length > 0 && ifRange != tag;
            int from = range.Length == 0 || _ignoresRanges || isAnother ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            string status = _status.Length > 0 ? _status : from > 0 ? "206 Partial Content" : "200 OK";
            string contentRange = from > 0 ? $"Content-Range: bytes {from}-{body.Length - 1}/{body.Length}\r\n" : "";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {body.Length - from}\r\n{contentRange}{_headers}{(_tags ? $"ETag: {tag}\r\n" : "")}Connection: close\r\n\r\n"));
            int sent = number < _dropAfter.Length ? _dropAfter[number] : body.Length - from;
            await stream.WriteAsync(body.AsMemory(from, sent));
            if (number >= _silent) continue;
            // The connection stays open, but nothing is sent.
            Silent?.Invoke();
            _ = await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, _end.Token);
        }
    }

    private static async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0) break;
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        return text.ToString();
    }
}
