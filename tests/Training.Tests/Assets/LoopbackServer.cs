using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Training.Tests.Assets;

/// <summary>
/// An HTTP server on loopback that serves one body, byte ranges included, and misbehaves as it is told: it ends connections early,
/// damages the body, ignores ranges, answers late or with another status.
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

    public LoopbackServer(
        byte[] body, bool googleHash = false, bool damage = false, int status = 200, int[]? dropAfter = null, bool ignoresRanges = false, TimeSpan delay = default)
    {
        _body = damage ? [.. body[..^1], (byte)(body[^1] ^ 1)] : body;
        _dropAfter = dropAfter ?? [];
        _status = status == 200 ? "" : status.ToString(CultureInfo.InvariantCulture);
        _headers = googleHash ? $"x-goog-hash: crc32c=AAAAAA==,md5={Convert.ToBase64String(MD5.HashData(body))}\r\n" : "";
        _ignoresRanges = ignoresRanges;
        _delay = delay;
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";
        _ = Task.Run(AcceptAsync);
    }

    public string Url { get; }

    /// <summary>The range that each request asked for, or an empty text.</summary>
    public List<string> Requests { get; } = [];

    public void Dispose() => _listener.Dispose();

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
            int from = range.Length == 0 || _ignoresRanges ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            string status = _status.Length > 0 ? _status : from > 0 ? "206 Partial Content" : "200 OK";
            string contentRange = from > 0 ? $"Content-Range: bytes {from}-{_body.Length - 1}/{_body.Length}\r\n" : "";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {_body.Length - from}\r\n{contentRange}{_headers}Connection: close\r\n\r\n"));
            int sent = number < _dropAfter.Length ? _dropAfter[number] : _body.Length - from;
            await stream.WriteAsync(_body.AsMemory(from, sent));
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
