using Blossoms;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>What people do with the page, and what they see.</summary>
[Collection<PageTestGroup>]
public sealed class PageTests(PageWorkplace workplace)
{
    private static readonly byte[] Photo = BlossomPainter.Draw(BlossomKind.Tulip, seed: 10_000);

    [Fact]
    public async Task A_chosen_photo_gets_the_five_most_likely_flowers_with_the_time()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);

        await page.ChooseAsync("garden.png", Photo);

        await AssertTulipAsync(page);
        Assert.Equal("tulip, 84.0%.", await page.Status.TextContentAsync());
        Assert.Matches(@"^Answered in \d+ ms, \d+ ms with sending the photo\.$", await page.Page.Locator("#timing").TextContentAsync());
        Assert.True(await page.Page.GetByRole(AriaRole.Img, new() { Name = "Your photo garden.png" }).IsVisibleAsync());
        Assert.True(await page.Page.Locator("#uncertain").IsHiddenAsync());
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task A_photo_is_sent_as_it_is()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);

        await page.ChooseAsync("garden.png", Photo);

        await page.AnswersAsync();
        Assert.Equal(Photo, workplace.Classifier.Latest);
        Assert.Equal("image/png", Assert.Single(page.Requests, static request => request.Method == "POST").Headers["content-type"]);
    }

    [Fact]
    public async Task A_dropped_photo_is_classified()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);
        IJSHandle transfer = await page.TransferAsync("dropped.png", Photo);

        foreach (string type in (string[])["dragenter", "dragover"]) await page.Page.DispatchEventAsync("#drop", type, new { dataTransfer = transfer });
        Assert.Equal("over", await page.Page.Locator("#drop").GetAttributeAsync("class"));
        // Next to the field, which must not replace the page with the photo.
        await page.Page.DispatchEventAsync("h1", "drop", new { dataTransfer = transfer });

        await AssertTulipAsync(page);
        Assert.Equal("", await page.Page.Locator("#drop").GetAttributeAsync("class"));
        Assert.True(await page.Page.GetByRole(AriaRole.Img, new() { Name = "Your photo dropped.png" }).IsVisibleAsync());
    }

    [Fact]
    public async Task A_dropped_text_is_not_a_photo()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);
        IJSHandle transfer = await page.Page.EvaluateHandleAsync("() => { const t = new DataTransfer(); t.setData('text/plain', 'tulip'); return t; }");

        await page.Page.DispatchEventAsync("#drop", "drop", new { dataTransfer = transfer });

        await page.WaitForErrorAsync("That is not a file. Save the photo first, then drop it here.");
    }

    [Fact]
    public async Task A_photo_of_the_clipboard_is_classified_when_it_is_pasted()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, new() { Permissions = ["clipboard-read", "clipboard-write"] });
        await page.Page.EvaluateAsync(
            """
            async bytes => navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], { type: 'image/png' }) })])
            """,
            Convert.ToBase64String(Photo));

        await page.Page.Keyboard.PressAsync("ControlOrMeta+V");

        await AssertTulipAsync(page);
    }

    [Fact]
    public async Task A_text_of_the_clipboard_is_not_a_photo()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, new() { Permissions = ["clipboard-read", "clipboard-write"] });
        await page.Page.EvaluateAsync("() => navigator.clipboard.writeText('tulip')");

        await page.Page.Keyboard.PressAsync("ControlOrMeta+V");

        await page.WaitForErrorAsync("There is no photo on the clipboard.");
    }

    [Fact]
    public async Task The_keyboard_alone_is_enough()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, address: workplace.ExplainingAddress);

        await page.Page.Keyboard.PressAsync("Tab");
        IFileChooser chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page.Page.Keyboard.PressAsync("Space"));
        await AssertFocusIsSeenAsync(page);
        await chooser.SetFilesAsync(new FilePayload { Name = "garden.png", MimeType = "image/png", Buffer = Photo });
        await AssertTulipAsync(page);
        await page.Page.Keyboard.PressAsync("Tab");
        await AssertFocusIsSeenAsync(page);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.Locator("#why").WaitForAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.Locator("#why").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await page.Page.Keyboard.PressAsync("Tab");
        await AssertFocusIsSeenAsync(page);
        await page.Page.Keyboard.PressAsync("Enter");

        Assert.True(await page.Page.GetByText("lily valley", new() { Exact = true }).IsVisibleAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Phones_can_take_a_photo(bool isPhone)
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, new() { IsMobile = isPhone, HasTouch = isPhone, ViewportSize = new() { Width = 390, Height = 800 } });
        ILocator camera = page.Page.GetByLabel("Take a photo");

        Assert.Equal(isPhone, await page.Page.Locator(".camera").IsVisibleAsync());
        if (!isPhone) return;
        Assert.Equal("environment", await camera.GetAttributeAsync("capture"));
        await camera.SetInputFilesAsync(new FilePayload { Name = "taken.png", MimeType = "image/png", Buffer = Photo });
        await AssertTulipAsync(page);
    }

    [Fact]
    public async Task The_same_photo_can_be_chosen_again()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);
        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        IResponse second = await page.Page.RunAndWaitForResponseAsync(() => page.ChooseAsync("garden.png", Photo), static response => response.Url.EndsWith("/predict", StringComparison.Ordinal));

        Assert.True(second.Ok);
        await AssertTulipAsync(page);
    }

    [Fact]
    public async Task Only_the_latest_photo_counts()
    {
        var hold = new TaskCompletionSource();
        int requests = 0;
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: p => p.RouteAsync("**/predict", async route =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                await hold.Task;
                // The page has given it up.
                await route.AbortAsync();
                return;
            }
            await route.ContinueAsync();
        }));
        await page.Page.RunAndWaitForRequestAsync(() => page.ChooseAsync("first.png", Photo), "**/predict");

        await page.ChooseAsync("second.png", Photo);
        await AssertTulipAsync(page);
        hold.SetResult();

        Assert.True(await page.Page.GetByRole(AriaRole.Img, new() { Name = "Your photo second.png" }).IsVisibleAsync());
        await AssertTulipAsync(page);
    }

    [Fact]
    public async Task What_the_server_calls_uncertain_is_shown_as_such()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: p => Standin.CertainAsync(p, static () => false));

        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        Assert.Equal("Not certain", await page.Best.TextContentAsync());
        Assert.True(await page.Page.GetByText("It may be one of these flowers, or none of them.").IsVisibleAsync());
        Assert.Equal("Not certain, perhaps tulip, 84.0%.", await page.Status.TextContentAsync());
    }

    [Fact]
    public async Task What_the_server_calls_certain_is_shown_as_an_answer()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: p => Standin.CertainAsync(p, static () => true));

        await page.ChooseAsync("garden.png", Photo);

        await AssertTulipAsync(page);
        Assert.True(await page.Page.Locator("#uncertain").IsHiddenAsync());
    }

    [Fact]
    public async Task What_decided_the_answer_is_shown_over_the_photo_where_the_server_explains()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, prepare: Standin.RecordAsync, address: workplace.ExplainingAddress);
        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        await page.Why.ClickAsync();
        await page.Page.Locator("#why").WaitForAsync();

        Assert.Equal("true", await page.Why.GetAttributeAsync("aria-expanded"));
        Assert.Equal(96, await page.Page.Locator("#heat").EvaluateAsync<int>("async image => { await image.decode(); return image.naturalWidth; }"));
        LocatorBoundingBoxResult photo = (await page.Page.Locator("#photo").BoundingBoxAsync())!, heat = (await page.Page.Locator("#heat").BoundingBoxAsync())!;
        Assert.Equal((photo.X, photo.Y, photo.Width, photo.Height), (heat.X, heat.Y, heat.Width, heat.Height));
        // Once more the photo alone, and the explanation again, which is still there.
        await page.Why.ClickAsync();
        Assert.True(await page.Page.Locator("#heat").IsHiddenAsync());
        Assert.Equal("false", await page.Why.GetAttributeAsync("aria-expanded"));
        await page.Why.ClickAsync();
        Assert.True(await page.Page.Locator("#heat").IsVisibleAsync());
        // The same photo went to both endpoints, once.
        Assert.Equal(
            "predict,explain,true", await page.Page.EvaluateAsync<string>("[...sent.map(([path]) => path), sent[0][1] === sent[1][1]].join()"));
        // Another photo has another explanation.
        await page.ChooseAsync("other.png", Photo);
        await page.AnswersAsync();
        Assert.True(await page.Page.Locator("#heat").IsHiddenAsync());
        Assert.Equal("Show why", await page.Why.TextContentAsync());
        await page.Why.ClickAsync();
        await page.Page.Locator("#heat").WaitForAsync();
        Assert.Equal(4, await page.Page.EvaluateAsync<int>("sent.length"));
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task An_answer_is_not_explained_where_the_server_has_no_explanations()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);

        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        Assert.True(await page.Page.Locator("#explain").IsHiddenAsync());
    }

    [Fact]
    public async Task An_explanation_that_fails_is_told_and_the_answer_stays()
    {
        await using OpenPage page = await OpenPage.OpenAsync(
            workplace, prepare: static p => p.RouteAsync("**/explain", static route => route.FulfillAsync(new() { Status = 500 })), address: workplace.ExplainingAddress);
        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        await page.Why.ClickAsync();
        await page.Page.GetByText("The server answered 500.").WaitForAsync();

        Assert.Equal("Show why", await page.Why.TextContentAsync());
        Assert.True(await page.Page.Locator("#heat").IsHiddenAsync());
        Assert.Equal("tulip", await page.Best.TextContentAsync());
    }

    [Fact]
    public async Task The_page_asks_its_own_server_alone()
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace);
        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        IEnumerable<Uri> addresses = page.Requests.Select(static request => new Uri(request.Url)).Where(static address => address.Scheme != "blob");
        Assert.Equal(
            ["/", "/flower.svg", "/info", "/page.css", "/page.js", "/predict"],
            addresses.Select(static address => address.AbsolutePath).Distinct().Order(StringComparer.Ordinal));
        Assert.All(addresses, address => Assert.Equal(workplace.Address.Authority, address.Authority));
        Assert.Empty(page.Errors);
    }

    [Theory]
    [InlineData(ReducedMotion.NoPreference, "grow")]
    [InlineData(ReducedMotion.Reduce, "none")]
    public async Task Nothing_moves_where_people_do_not_want_it(ReducedMotion motion, string animation)
    {
        await using OpenPage page = await OpenPage.OpenAsync(workplace, new() { ReducedMotion = motion });
        await page.ChooseAsync("garden.png", Photo);
        await page.AnswersAsync();

        Assert.Equal(animation, await page.Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('#answers span'), '::after').animationName"));
    }

    private static async Task AssertTulipAsync(OpenPage page)
    {
        ShownAnswer[] answers = await page.AnswersAsync();
        Assert.Equal(5, answers.Length);
        Assert.Equal("tulip", answers[0].Label);
        Assert.Equal(0.84, answers[0].Probability, 1e-6);
        Assert.Equal("tulip", await page.Best.TextContentAsync());
    }

    private static async Task AssertFocusIsSeenAsync(OpenPage page) => Assert.Equal(
        "solid 3px",
        await page.Page.EvaluateAsync<string>(
            """
            () => {
              const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement.closest('.button, summary'));
              return `${outlineStyle} ${outlineWidth}`;
            }
            """));
}
