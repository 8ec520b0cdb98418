using Microsoft.AspNetCore.Mvc;

namespace Flowers17.Web;

/// <summary><c>GET /info</c>: what the page has to know of the server.</summary>
internal static class InfoEndpoint
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapInfo(this IEndpointRouteBuilder endpoints) => endpoints.MapGet("/info", Get)
        .WithName("Info")
        .WithSummary("Says which flowers the network knows, how large a photo may be, and whether answers are explained.");

    private static Info Get([FromServices] IImageExplainer<FlowerLabel>? explainer) =>
        new(FlowerClassifier.Labels, PhotoLimits.MaxBytes, Explains: explainer is not null);
}

/// <summary>What the endpoint answers.</summary>
/// <param name="Labels">The flowers that the network knows.</param>
/// <param name="MaxBytes">The most bytes of a photo.</param>
/// <param name="Explains">Whether <c>POST /explain</c> answers with heat maps: on the torch engine.</param>
internal sealed record Info(IReadOnlyList<string> Labels, int MaxBytes, bool Explains);
