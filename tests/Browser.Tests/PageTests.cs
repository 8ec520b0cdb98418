using Blossoms;
using Microsoft.Playwright;

namespace Browser.Tests;

/// <summary>What people meet on the page.</summary>
public sealed class PageTests(Workplace workplace)
{
    private static readonly byte[] Picture = BlossomPainter.Draw(BlossomKind.Daisy, seed: 10_000);

    [Fact]
    public async Task A_dropped_photo_is_classified()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);
        await page.WaitForAsync("The model was ready");

        IJSHandle transfer = await page.Page.EvaluateHandleAsync(
            """
            bytes => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
              return transfer;
            }
            """,
            Picture.Select(static b => (int)b).ToArray());
        foreach (string type in (string[])["dragenter", "dragover"]) await page.Page.DispatchEventAsync("#drop", type, new { dataTransfer = transfer });
        Assert.Equal("over", await page.Page.Locator("#drop").GetAttributeAsync("class"));
        await page.Page.DispatchEventAsync("#drop", "drop", new { dataTransfer = transfer });

        Assert.Equal(3, (await page.AnswersAsync("dropped.png")).Length);
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task The_keyboard_alone_chooses_a_photo()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);
        await page.WaitForAsync("The model was ready");

        await page.Page.Keyboard.PressAsync("Tab");
        IFileChooser chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page.Page.Keyboard.PressAsync("Space"));
        await chooser.SetFilesAsync(new FilePayload { Name = "daisy.png", MimeType = "image/png", Buffer = Picture });

        Assert.Equal(3, (await page.AnswersAsync("daisy.png")).Length);
    }

    [Fact]
    public async Task A_file_that_is_not_a_picture_is_named_and_the_next_photo_is_classified()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);
        await page.ChooseAsync("daisy.png", Picture, "image/png");

        await page.File.SetInputFilesAsync(new FilePayload { Name = "notes.jpg", MimeType = "image/jpeg", Buffer = "not a picture"u8.ToArray() });
        await page.WaitForAsync("notes.jpg is not a picture that this browser can read.");

        Assert.Equal(0, await page.Page.Locator("#answers li").CountAsync());
        Assert.Equal("error", await page.Status.GetAttributeAsync("class"));
        Assert.Equal(3, (await page.ChooseAsync("again.png", Picture, "image/png")).Length);
        Assert.Equal("", await page.Status.GetAttributeAsync("class"));
    }

    [Fact]
    public async Task A_missing_model_is_reported()
    {
        workplace.Require();
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model: null);

        await page.WaitForAsync("The model cannot be loaded. model.onnx: the server answered 404.");

        Assert.True(await page.File.IsDisabledAsync());
    }

    [Fact]
    public async Task The_page_asks_its_own_server_alone()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);
        await page.ChooseAsync("daisy.png", Picture, "image/png");

        Assert.Equal(
            ["/", "/model.onnx", "/ort/ort-wasm-simd-threaded.wasm", "/ort/ort.wasm.bundle.min.mjs"],
            page.Requests.Where(static request => request.Scheme != "data").Select(static request => request.AbsolutePath).Order(StringComparer.Ordinal));
        Assert.All(page.Requests, request => Assert.True(request.Scheme == "data" || request.Authority == page.Address.Authority, request.ToString()));
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1000, 800)]
    [InlineData(ColorScheme.Dark, 1000, 800)]
    [InlineData(ColorScheme.Light, 320, 640)]
    [InlineData(ColorScheme.Dark, 320, 640)]
    public async Task The_page_fits_the_window_and_text_is_legible(ColorScheme colours, int width, int height)
    {
        TrainedModel model = await workplace.BlossomsAsync();
        var options = new BrowserNewContextOptions { ColorScheme = colours, ViewportSize = new() { Width = width, Height = height } };
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels, options: options);
        string name = $"{colours}-{width}".ToLowerInvariant();

        await page.ChooseAsync("daisy.png", BlossomPictures.Encode(BlossomPictures.Draw(BlossomKind.Daisy, 900, 600), SkiaSharp.SKEncodedImageFormat.Png), "image/png");
        await page.Page.ScreenshotAsync(new() { Path = Path.Combine(Workplace.Screenshots, name + ".png") });
        await AssertFitsAsync(page, "li");

        await page.File.SetInputFilesAsync(new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "not a picture"u8.ToArray() });
        await page.WaitForAsync("not a picture");
        await page.Page.ScreenshotAsync(new() { Path = Path.Combine(Workplace.Screenshots, name + "-error.png") });
        await AssertFitsAsync(page, ".error");
    }

    private static async Task AssertFitsAsync(OpenPage page, string text)
    {
        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window");
        // The contrast that WCAG 2.2 asks of text, computed as its definition says, on the colours that the browser painted.
        double contrast = await page.Page.EvaluateAsync<double>(
            """
            text => {
              const context = new OffscreenCanvas(1, 1).getContext('2d');
              const luminance = colour => {
                context.fillStyle = colour;
                context.fillRect(0, 0, 1, 1);
                const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
              };
              const paper = document.body.appendChild(document.createElement('i'));
              paper.style.background = 'Canvas';
              const [one, other] = [getComputedStyle(document.querySelector(text)).color, getComputedStyle(paper).backgroundColor].map(luminance).sort((a, b) => b - a);
              return (one + 0.05) / (other + 0.05);
            }
            """,
            text);
        Assert.InRange(contrast, 4.5, 21);
    }
}
