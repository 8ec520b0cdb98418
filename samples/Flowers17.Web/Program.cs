using Flowers17;
using Flowers17.Web;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddFlowerClassifier(options => options.LargestBatch = 8);   // also warms it up, and adds a health check
builder.Services.AddSingleton<PredictionMetrics>();
builder.Services.AddProblemDetails();
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
app.MapPredict();
app.MapExplain();
app.Run();
