using FINETUNE_NAME;

const long MaxPhotoBytes = 10_000_000;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = MaxPhotoBytes);
builder.Services.AddFINETUNE_NAMEClassifier(static options => options.LargestBatch = 8);   // also warms it up, and adds a health check
builder.Services.AddProblemDetails();

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapHealthChecks("/health");

// The body of the request is the photo: curl --data-binary @photo.jpg http://localhost:5000/predict
app.MapPost("/predict", static async (HttpRequest request, IImageClassifier<FINETUNE_NAMELabel> classifier, CancellationToken cancellation) =>
{
    try
    {
        using var photo = new MemoryStream();
        await request.Body.CopyToAsync(photo, cancellation);
        Prediction<FINETUNE_NAMELabel> prediction = await classifier.PredictAsync(photo.ToArray(), cancellation);
        return Results.Ok(prediction.Top(3).Select(static answer => new { Label = FINETUNE_NAMEClassifier.Labels[(int)answer.Label], Probability = answer.Score }));
    }
    catch (InvalidDataException e)
    {
        return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});
app.Run();
