using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Flowers17.Web;

/// <summary>What one caller may send, and what all of them may send at once.</summary>
internal static class PhotoLimits
{
    /// <summary>The most bytes of a photo: 10 MB.</summary>
    public const int MaxBytes = 10_000_000;

    /// <summary>The most bytes of a body: a form has a few besides the photo.</summary>
    public const int MaxBodyBytes = MaxBytes + 1024;

    /// <summary>The name of the limit for endpoints that run the network.</summary>
    public const string Policy = "photos";

    /// <summary>Adds the limits to the services: callers beyond them wait, and beyond that get 429 with the time to wait.</summary>
    public static void AddPhotoLimits(this IServiceCollection services)
    {
        services.Configure<FormOptions>(static options => options.MultipartBodyLengthLimit = MaxBodyBytes);
        services.AddOptions<RateLimit>().BindConfiguration(RateLimit.Section).Validate(
            static limit => limit.Requests > 0 && limit.Period > TimeSpan.Zero && limit.Waiting >= 0,
            $"{RateLimit.Section}: {nameof(RateLimit.Requests)} and {nameof(RateLimit.Period)} are above 0, {nameof(RateLimit.Waiting)} is 0 or above.")
            .ValidateOnStart();
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
                _ => http.RequestServices.GetRequiredService<IOptions<RateLimit>>().Value.ToOptions()));
        });
    }
}

/// <summary>How many photos one address may send: the section <see cref="Section"/> of the configuration.</summary>
internal sealed class RateLimit
{
    /// <summary>The name of the section.</summary>
    public const string Section = "RateLimit";

    /// <summary>The most photos in <see cref="Period"/>; at least 1.</summary>
    public int Requests { get; set; } = 50;

    /// <summary>The time for which <see cref="Requests"/> counts; above zero.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many further photos wait instead of being refused.</summary>
    public int Waiting { get; set; } = 100;

    /// <summary>These limits as those of a bucket that is filled once in a period.</summary>
    public TokenBucketRateLimiterOptions ToOptions() => new()
    {
        TokenLimit = Requests,
        TokensPerPeriod = Requests,
        ReplenishmentPeriod = Period,
        QueueLimit = Waiting,
    };
}
