using System.Text.Json;
using Microsoft.Playwright;

namespace Browser.Tests;

/// <summary>The page, open in a browser.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly PageServer _server;

    private OpenPage(PageServer server, IPage page) => (_server, Page) = (server, page);

    /// <summary>The browser's page.</summary>
    public IPage Page { get; }

    /// <summary>The line that says what happens.</summary>
    public ILocator Status => Page.GetByRole(AriaRole.Status);

    /// <summary>The field for a file.</summary>
    public ILocator File => Page.GetByLabel("Choose a photo");

    /// <summary>What the page wrote to the console as an error, and errors that nothing caught.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The addresses that it asked for something.</summary>
    public List<Uri> Requests { get; } = [];

    /// <summary>The address of its server.</summary>
    public Uri Address => new(_server.Address);

    /// <summary>Serves and opens the page.</summary>
    /// <param name="workplace">The browser and onnxruntime-web.</param>
    /// <param name="model">The ONNX file, or null for a server without one.</param>
    /// <param name="isIsolated">Whether the page is isolated from other origins.</param>
    /// <param name="options">The size of the window and the colours.</param>
    public static async Task<OpenPage> OpenAsync(Workplace workplace, string? model, bool isIsolated = false, BrowserNewContextOptions? options = null)
    {
        PageServer server = await PageServer.StartAsync(workplace.OnnxRuntimeWebFolder, model, isIsolated);
        var open = new OpenPage(server, await workplace.NewPageAsync(options));
        open.Page.Console += (_, message) =>
        {
            if (message.Type == "error") open.Errors.Add(message.Text);
        };
        open.Page.PageError += (_, error) => open.Errors.Add(error);
        open.Page.Request += (_, request) => open.Requests.Add(new Uri(request.Url));
        await open.Page.GotoAsync(server.Address);
        return open;
    }

    /// <summary>Chooses a file and waits for the answer.</summary>
    /// <returns>The three labels that the page shows, with their probabilities.</returns>
    public async Task<Answer[]> ChooseAsync(string name, byte[] picture, string type = "image/jpeg")
    {
        await File.SetInputFilesAsync(new FilePayload { Name = name, MimeType = type, Buffer = picture });
        return await AnswersAsync(name);
    }

    /// <summary>Waits until the page has answered.</summary>
    /// <param name="name">The picture's file.</param>
    public async Task<Answer[]> AnswersAsync(string name)
    {
        await Page.GetByRole(AriaRole.Img, new() { Name = name }).WaitForAsync();
        JsonElement rows = await Page.Locator("#answers li").EvaluateAllAsync<JsonElement>(
            "rows => rows.map(row => ({ label: row.firstChild.textContent, probability: Number(row.querySelector('data').value) }))");
        return [.. rows.EnumerateArray().Select(static row => new Answer(row.GetProperty("label").GetString()!, row.GetProperty("probability").GetDouble()))];
    }

    /// <summary>Waits until the page says something.</summary>
    /// <param name="text">A part of it.</param>
    public Task WaitForAsync(string text) => Status.Filter(new() { HasText = text }).WaitForAsync();

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        await _server.DisposeAsync();
    }
}
