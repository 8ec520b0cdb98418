using System.Net;
using System.Net.Http.Headers;

namespace FlowersWeb.Tests;

/// <summary>
/// A photo of which one half is sent when the server begins to read it, and the other half when the test says so: until then, its request is in flight.
/// </summary>
internal sealed class PausedPhoto : HttpContent
{
    private readonly byte[] _photo;
    private readonly TaskCompletionSource _half = new(), _rest = new();

    public PausedPhoto(byte[] photo)
    {
        _photo = photo;
        Headers.ContentType = new MediaTypeHeaderValue("image/png");
    }

    /// <summary>Ends when the first half was sent.</summary>
    public Task HalfIsSent => _half.Task;

    /// <summary>Sends the rest.</summary>
    public void SendRest() => _rest.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        int half = _photo.Length / 2;
        await stream.WriteAsync(_photo.AsMemory(0, half));
        await stream.FlushAsync();
        _half.TrySetResult();
        await _rest.Task;
        await stream.WriteAsync(_photo.AsMemory(half));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _photo.Length;
        return true;
    }
}
