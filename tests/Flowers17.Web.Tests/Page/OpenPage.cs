using System.Text.Json;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>A flower that the page shows, with its probability.</summary>
internal sealed record ShownAnswer(string Label, double Probability);

/// <summary>The page of the sample, open in a browser.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private OpenPage(IPage page) => Page = page;

    /// <summary>The browser's page.</summary>
    public IPage Page { get; }

    /// <summary>The line that says what happens, which screen readers read out.</summary>
    public ILocator Status => Page.GetByRole(AriaRole.Status);

    /// <summary>The field for a file.</summary>
    public ILocator File => Page.GetByLabel("Choose a photo");

    /// <summary>The most likely flower, in large letters.</summary>
    public ILocator Best => Page.GetByRole(AriaRole.Heading, new() { Level = 2 });

    /// <summary>The button that shows what decided the answer.</summary>
    public ILocator Why => Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^(Show|Hide) why$") });

    /// <summary>What the page wrote to the console as an error, and errors that nothing caught.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The requests that it made.</summary>
    public List<IRequest> Requests { get; } = [];

    /// <summary>Opens the page.</summary>
    /// <param name="workplace">The browser.</param>
    /// <param name="options">The size of the window and the colours.</param>
    /// <param name="prepare">What is done before the page is opened, such as standing in for an endpoint.</param>
    /// <param name="address">The sample's address, or null for the one that all tests share.</param>
    public static async Task<OpenPage> OpenAsync(
        PageWorkplace workplace, BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null, Uri? address = null)
    {
        var open = new OpenPage(await workplace.NewPageAsync(options ?? new()));
        open.Page.Console += (_, message) =>
        {
            if (message.Type == "error") open.Errors.Add(message.Text);
        };
        open.Page.PageError += (_, error) => open.Errors.Add(error);
        open.Page.Request += (_, request) => open.Requests.Add(request);
        if (prepare is not null) await prepare(open.Page);
        IResponse info = await open.Page.RunAndWaitForResponseAsync(() => open.Page.GotoAsync((address ?? workplace.Address).ToString()), "**/info");
        // The last that the page does when it opens.
        if (info.Ok) await open.Page.Locator("#known").WaitForAsync();
        return open;
    }

    /// <summary>Chooses a file.</summary>
    public Task ChooseAsync(string name, byte[] content, string type = "image/png") =>
        File.SetInputFilesAsync(new FilePayload { Name = name, MimeType = type, Buffer = content });

    /// <summary>Waits until the page has answered.</summary>
    /// <returns>The flowers that it shows.</returns>
    public async Task<ShownAnswer[]> AnswersAsync()
    {
        await Page.Locator("#result[aria-busy=false]").WaitForAsync();
        JsonElement rows = await Page.Locator("#answers li").EvaluateAllAsync<JsonElement>(
            """
            rows => rows.map(row => ({
              label: row.firstChild.textContent,
              probability: Number(row.querySelector('data').value),
              bar: parseFloat(getComputedStyle(row.querySelector('span')).getPropertyValue('--share')),
            }))
            """);
        return [.. rows.EnumerateArray().Select(static row =>
        {
            var answer = new ShownAnswer(row.GetProperty("label").GetString()!, row.GetProperty("probability").GetDouble());
            Assert.Equal(100 * answer.Probability, row.GetProperty("bar").GetDouble(), 0.06);
            return answer;
        })];
    }

    /// <summary>Waits until the page reports an error.</summary>
    /// <param name="text">The whole of what it says.</param>
    public async Task WaitForErrorAsync(string text)
    {
        await Page.Locator("#status.error").Filter(new() { HasText = text }).WaitForAsync();
        Assert.Equal(text, await Status.TextContentAsync());
        Assert.True(await Page.Locator("#result").IsHiddenAsync());
    }

    /// <summary>A file in the browser, as drags and the clipboard carry it.</summary>
    public Task<IJSHandle> TransferAsync(string name, byte[] content) => Page.EvaluateHandleAsync(
        """
        ([name, bytes]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name, { type: 'image/png' }));
          return transfer;
        }
        """,
        new[] { name, Convert.ToBase64String(content) });

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
