namespace Flowers17.Web;

/// <summary><c>GET /info</c>: what the page has to know of the server.</summary>
internal static class InfoEndpoint
{
    /// <summary>The path of the endpoint that answers a photo with an image of what the network looked at, where the application has one.</summary>
    private const string ExplainPath = "/explain";

    /// <summary>Maps the endpoint.</summary>
    public static void MapInfo(this IEndpointRouteBuilder endpoints) => endpoints.MapGet("/info", Get)
        .WithName("Info")
        .WithSummary("Says which flowers the network knows, how large a photo may be, and whether answers are explained.");

    private static Info Get(EndpointDataSource endpoints) => new(
        FlowerClassifier.Labels,
        PhotoLimits.MaxBytes,
        endpoints.Endpoints.OfType<RouteEndpoint>().Any(static endpoint => endpoint.RoutePattern.RawText == ExplainPath));
}

/// <summary>What the endpoint answers.</summary>
/// <param name="Labels">The flowers that the network knows.</param>
/// <param name="MaxBytes">The most bytes of a photo.</param>
/// <param name="Explains">Whether <c>POST /explain</c> exists.</param>
internal sealed record Info(IReadOnlyList<string> Labels, int MaxBytes, bool Explains);
