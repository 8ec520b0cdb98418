using Blossoms;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>What the page says when something goes wrong.</summary>
[Collection<PageTestGroup>]
public sealed class ErrorTests(PageWorkplace workplace)
{
    private static readonly byte[] Photo = BlossomPainter.Draw(BlossomKind.Tulip, seed: 10_000);
    private static readonly byte[] TooLarge = FakeClassifier.Photo(10_400_000);

    [Theory]
    [InlineData("notes.txt", "text/plain")]
    [InlineData("notes.jpg", "image/jpeg")]
    public async Task A_file_that_is_not_an_image_is_named_and_the_next_photo_is_classified(string name, string type)
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);

        await page.ChooseAsync(name, "not a picture"u8.ToArray(), type);
        await page.WaitForErrorAsync($"{name}: The bytes are not an image that can be read.");
        await page.ChooseAsync("garden.png", Photo);

        Assert.Equal(5, (await page.AnswersAsync()).Length);
        Assert.DoesNotContain("error", await page.Status.GetAttributeAsync("class"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_photo_that_is_too_large_is_not_sent()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);

        await page.ChooseAsync("large.png", TooLarge);

        await page.WaitForErrorAsync("large.png: This file has 10.4 MB. A photo may have 10 MB at most.");
        Assert.DoesNotContain(page.Requests, static request => request.Method == "POST");
    }

    [Fact]
    public async Task A_photo_that_the_server_finds_too_large_is_reported()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: static p => p.RouteAsync("**/info", static route => route.FulfillAsync(new() { Status = 404 })));

        await page.ChooseAsync("large.png", TooLarge);

        await page.WaitForErrorAsync("large.png: A photo may have 10 MB at most.");
    }

    [Fact]
    public async Task A_server_that_is_busy_says_when_to_come_back()
    {
        await using var application = new FlowersApplication(("RateLimit:Requests", "1"), ("RateLimit:Period", "01:00:00"), ("RateLimit:Waiting", "0"));
        await using OpenPage page = await OpenPage.OpenAsync(workplace, address: application.Serve());
        await page.ChooseAsync("first.png", Photo);
        await page.AnswersAsync();

        await page.ChooseAsync("second.png", Photo);

        ILocator error = page.Page.Locator("#status.error");
        await error.WaitForAsync();
        Assert.Matches(@"^second\.png: Too many photos came at once\. Try again later\. \(in \d+ s\)$", await error.TextContentAsync());
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_reported()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: static p => p.RouteAsync("**/predict", static route => route.AbortAsync("connectionrefused")));

        await page.ChooseAsync("garden.png", Photo);

        await page.WaitForErrorAsync("garden.png: The server does not answer. Check the connection, then try again.");
    }

    [Fact]
    public async Task An_error_without_problem_details_is_reported_by_its_number()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: static p => p.RouteAsync(
            "**/predict", static route => route.FulfillAsync(new() { Status = 502, ContentType = "text/html", Body = "<h1>Bad Gateway</h1>" })));

        await page.ChooseAsync("garden.png", Photo);

        await page.WaitForErrorAsync("garden.png: The server answered 502.");
    }
}
