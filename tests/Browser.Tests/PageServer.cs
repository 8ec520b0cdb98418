using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Browser.Tests;

/// <summary>Serves the page, onnxruntime-web and a model on the loopback interface, as any server of files would.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;

    private PageServer(WebApplication app, string folder) => (_app, _folder) = (app, folder);

    /// <summary>The address of the page.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>Starts a server.</summary>
    /// <param name="onnxRuntimeWeb">The folder with the files of onnxruntime-web.</param>
    /// <param name="model">The ONNX file, or null for a server without one.</param>
    /// <param name="isIsolated">Whether the page is isolated from other origins, so that it may use threads.</param>
    public static async Task<PageServer> StartAsync(string onnxRuntimeWeb, string? model, bool isIsolated = false)
    {
        string folder = Directory.CreateTempSubdirectory("finetune-page").FullName;
        File.Copy(Path.Combine(Repository.Page, "index.html"), Path.Combine(folder, "index.html"));
        Directory.CreateDirectory(Path.Combine(folder, "ort"));
        foreach (string file in OnnxRuntimeWeb.Files) File.Copy(Path.Combine(onnxRuntimeWeb, file), Path.Combine(folder, "ort", file));
        if (model is not null) File.Copy(model, Path.Combine(folder, "model.onnx"));

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        if (isIsolated)
        {
            app.Use((context, next) =>
            {
                context.Response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
                context.Response.Headers["Cross-Origin-Embedder-Policy"] = "require-corp";
                return next(context);
            });
        }
        var types = new FileExtensionContentTypeProvider { Mappings = { [".mjs"] = "text/javascript", [".onnx"] = "application/octet-stream" } };
        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, ContentTypeProvider = types });
        await app.StartAsync();
        return new PageServer(app, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
