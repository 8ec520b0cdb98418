using System.Text.Json;
using Blossoms;
using Microsoft.Playwright;
using SkiaSharp;

namespace FlowersWeb.Tests;

/// <summary>The page in its colours and at its sizes, with screenshots, and without what keeps people from using it.</summary>
[Collection<PageTestGroup>]
public sealed class AppearanceTests(PageWorkplace workplace)
{
    private const int Phone = 320, Desk = 1100;

    public static TheoryData<ColorScheme, int> Appearances => new(
        from colours in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark]
        from width in (int[])[Phone, Desk]
        select (colours, width));

    [Theory]
    [MemberData(nameof(Appearances))]
    public async Task The_page_fits_and_can_be_used_by_everyone(ColorScheme colours, int width)
    {
        string axe = workplace.RequireAxe();
        bool? certain = null;
        await using OpenPage page = await OpenPage.OpenAsync(
            workplace,
            new()
            {
                ColorScheme = colours,
                ViewportSize = new() { Width = width, Height = 800 },
                IsMobile = width == Phone,
                HasTouch = width == Phone,
                ReducedMotion = ReducedMotion.Reduce,
            },
            p => Standin.CertainAsync(p, () => certain),
            workplace.ExplainingAddress);
        await page.Page.EvaluateAsync(axe);
        string name = $"{colours}-{width}".ToLowerInvariant();
        byte[] photo = Stretch(BlossomPainter.Draw(BlossomKind.Tulip, seed: 10_000), 900, 640);

        await LookAsync("empty");
        await page.ChooseAsync("garden.png", photo);
        await page.AnswersAsync();
        await LookAsync("answer");
        await page.Why.ClickAsync();
        await page.Page.Locator("#why").WaitForAsync();
        await LookAsync("why");
        certain = false;
        await page.ChooseAsync("garden.png", photo);
        await page.AnswersAsync();
        await page.Page.Locator("summary").ClickAsync();
        await LookAsync("uncertain");
        await page.ChooseAsync("a-photo-whose-name-has-no-place-to-break-" + new string('x', 60) + ".jpg", [1], "image/jpeg");
        await page.Page.Locator("#status.error").WaitForAsync();
        await LookAsync("error");

        async Task LookAsync(string state)
        {
            await page.Page.ScreenshotAsync(new() { Path = Path.Combine(PageWorkplace.Screenshots, $"{name}-{state}.png"), FullPage = true });
            Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{state}: the page is wider than the window");
            JsonElement violations = await page.Page.EvaluateAsync<JsonElement>(
                """
                async () => (await axe.run({ resultTypes: ['violations', 'incomplete'] })).violations
                  .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(node => node.target.join(' ')).join(', ')})`)
                """);
            Assert.True(violations.GetArrayLength() == 0, $"{state}:\n{string.Join('\n', violations.EnumerateArray())}");
        }
    }

    private static byte[] Stretch(byte[] picture, int width, int height)
    {
        using SKBitmap drawn = SKBitmap.Decode(picture);
        using SKBitmap stretched = drawn.Resize(new SKImageInfo(width, height), new SKSamplingOptions(SKCubicResampler.Mitchell));
        using SKData data = stretched.Encode(SKEncodedImageFormat.Png, 90);
        return data.ToArray();
    }
}
