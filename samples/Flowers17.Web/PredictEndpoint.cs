using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Flowers17.Web;

/// <summary><c>POST /predict</c>: a photo in, the most likely flowers out.</summary>
internal static class PredictEndpoint
{
    private const int Answers = 5;

    /// <summary>Maps the endpoint.</summary>
    public static void MapPredict(this IEndpointRouteBuilder endpoints) => endpoints.MapPost("/predict", PredictAsync)
        .WithName("Predict")
        .WithSummary("Says which flower a photo shows.")
        .WithDescription("The body is the photo itself (JPEG, PNG, WebP, BMP or GIF; image/* or application/octet-stream), or a form with one file.")
        .Accepts<IFormFile>("multipart/form-data", "application/octet-stream", "image/*")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .RequireRateLimiting(PhotoLimits.Policy)
        .DisableAntiforgery();

    private static async Task<Results<Ok<Answer>, ProblemHttpResult>> PredictAsync(
        HttpRequest request, IImageClassifier<FlowerLabel> flowers, PredictionMetrics metrics, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            byte[] photo = await PhotoReader.ReadAsync(request, cancellation);
            Prediction<FlowerLabel> prediction = await flowers.PredictAsync(photo, cancellation);
            metrics.Answered(prediction.Label, Stopwatch.GetElapsedTime(start));
            return TypedResults.Ok(new Answer(
                [.. prediction.Top(Answers).Select(static s => new FlowerProbability(FlowerClassifier.Labels[(int)s.Label], s.Score))],
                prediction.IsCertain,
                Stopwatch.GetElapsedTime(start).TotalMilliseconds));
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

/// <summary>What the endpoint answers.</summary>
/// <param name="Top">The most likely flowers, most likely first.</param>
/// <param name="Certain">Whether the first of them can be relied on; true unless the spec has accept, and the confidence is below the one that it asks for.</param>
/// <param name="Milliseconds">How long the answer took, reading the photo included.</param>
internal sealed record Answer(IReadOnlyList<FlowerProbability> Top, bool Certain, double Milliseconds);

/// <summary>A flower and its probability in [0, 1].</summary>
internal sealed record FlowerProbability(string Label, double Probability);
