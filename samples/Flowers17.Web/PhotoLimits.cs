using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;

namespace Flowers17.Web;

/// <summary>What one caller may send, and what all of them may send at once.</summary>
internal static class PhotoLimits
{
    /// <summary>The most bytes of a photo: 10 MB.</summary>
    public const int MaxBytes = 10_000_000;

    /// <summary>The name of the limit for endpoints that run the network.</summary>
    public const string Policy = "photos";

    private const int RequestsPerSecond = 50;
    private const int WaitingRequests = 100;

    /// <summary>Adds the limits to the services: callers beyond them wait, and beyond that get 429 with the time to wait.</summary>
    public static void AddPhotoLimits(this IServiceCollection services)
    {
        // A form has a few bytes besides the photo.
        services.Configure<FormOptions>(static options => options.MultipartBodyLengthLimit = MaxBytes + 1024);
        services.AddRateLimiter(static options =>
        {
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.OnRejected = static (context, _) =>
            {
                if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait))
                {
                    context.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                }
                return ValueTask.CompletedTask;
            };
            options.AddPolicy(Policy, static http => RateLimitPartition.GetTokenBucketLimiter(
                http.Connection.RemoteIpAddress?.ToString() ?? "",
                static _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = RequestsPerSecond,
                    TokensPerPeriod = RequestsPerSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    QueueLimit = WaitingRequests,
                }));
        });
    }
}
