using Flowers17;
using Flowers17.Web;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddFlowerClassifier(options =>   // also warms it up, and adds a health check
{
    options.LargestBatch = 8;
    options.WeightsPath = builder.Configuration["Weights"];   // an ONNX file, or the embedded weights where none is named
});
builder.Services.AddSingleton<PredictionMetrics>();
builder.Services.AddProblems();
builder.Services.AddOpenApi();
builder.Services.AddPhotoLimits();

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseRateLimiter();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapOpenApi();
app.MapHealthChecks("/health");
app.MapInfo();
app.MapPredict();
app.MapExplain();
app.Run();
