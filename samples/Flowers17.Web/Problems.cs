namespace Flowers17.Web;

/// <summary>What callers are told about requests that are refused before the photo is read.</summary>
internal static class Problems
{
    /// <summary>Adds problem details that say what to do, not only the status.</summary>
    public static void AddProblems(this IServiceCollection services) =>
        services.AddProblemDetails(static options => options.CustomizeProblemDetails = static context =>
            context.ProblemDetails.Detail ??= context.ProblemDetails.Status switch
            {
                StatusCodes.Status415UnsupportedMediaType => "Send the photo as image/* or application/octet-stream, or a form with one file.",
                StatusCodes.Status429TooManyRequests => "Too many photos came at once. Try again later.",
                _ => null,
            });
}
