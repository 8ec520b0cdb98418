using Microsoft.AspNetCore.Http.Features;

namespace Flowers17.Web;

/// <summary>Takes the photo out of a request.</summary>
internal static class PhotoReader
{
    /// <summary>Reads the photo.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="BadHttpRequestException">The form cannot be read or has no file, or the photo has more bytes than <see cref="PhotoLimits.MaxBytes"/>.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // Lengths that are declared are looked at here. A server that did so would end the connection while the caller still sends, who would not see the answer.
            limit.MaxRequestBodySize = request.ContentLength is null ? PhotoLimits.MaxBodyBytes : null;
        }
        if (request.ContentLength > (request.HasFormContentType ? PhotoLimits.MaxBodyBytes : PhotoLimits.MaxBytes)) throw TooLarge();
        try
        {
            return request.HasFormContentType ? await ReadFormAsync(request, cancellation) : await ReadAsync(request.Body, cancellation);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();   // by the server, whose message speaks of the body
        }
    }

    private static async Task<byte[]> ReadFormAsync(HttpRequest request, CancellationToken cancellation)
    {
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw new BadHttpRequestException($"The form cannot be read: {e.Message}", e);
        }
        if (form.Files is not [IFormFile file, ..]) throw new BadHttpRequestException("The form has no file.");
        if (file.Length > PhotoLimits.MaxBytes) throw TooLarge();
        await using Stream stream = file.OpenReadStream();
        return await ReadAsync(stream, cancellation);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var photo = new MemoryStream();
        byte[] buffer = new byte[81920];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            photo.Write(buffer, 0, read);
            if (photo.Length > PhotoLimits.MaxBytes) throw TooLarge();
        }
        return photo.ToArray();
    }

    private static BadHttpRequestException TooLarge() =>
        new($"A photo may have {PhotoLimits.MaxBytes / 1_000_000} MB at most.", StatusCodes.Status413PayloadTooLarge);
}
