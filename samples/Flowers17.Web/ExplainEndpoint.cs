using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Flowers17.Web;

/// <summary><c>POST /explain</c>: a photo in, the photo with a heat map of what the answer comes from out.</summary>
internal static class ExplainEndpoint
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapExplain(this IEndpointRouteBuilder endpoints) => endpoints.MapPost("/explain", ExplainAsync)
        .WithName("Explain")
        .WithSummary("Shows where in a photo the flower is seen.")
        .WithDescription("The body is that of /predict. The answer is the photo with a heat map, at most 1,024 pixels on the longer side. "
            + "ONNX Runtime cannot explain: build the application with -p:ModelSpecRuntime=torch.")
        .Accepts<IFormFile>("multipart/form-data", "application/octet-stream", "image/*")
        .Produces(StatusCodes.Status200OK, contentType: "image/jpeg")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status501NotImplemented)
        .RequireRateLimiting(PhotoLimits.Policy)
        .DisableAntiforgery();

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ExplainAsync(
        HttpRequest request, [FromServices] IImageExplainer<FlowerLabel>? explainer, PredictionMetrics metrics, CancellationToken cancellation)
    {
        if (explainer is null)
        {
            return TypedResults.Problem(
                "This application runs on ONNX Runtime, which cannot explain. Build it with -p:ModelSpecRuntime=torch.", statusCode: StatusCodes.Status501NotImplemented);
        }
        try
        {
            byte[] photo = await PhotoReader.ReadAsync(request, cancellation);
            Explanation<FlowerLabel> explanation = await explainer.ExplainAsync(photo, cancellationToken: cancellation);
            return TypedResults.File(explanation.EncodeJpeg(), "image/jpeg");
        }
        catch (InvalidDataException e)
        {
            metrics.Refused("not an image");
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException e)
        {
            metrics.Refused("bad request");
            return TypedResults.Problem(e.Message, statusCode: e.StatusCode);
        }
    }
}
