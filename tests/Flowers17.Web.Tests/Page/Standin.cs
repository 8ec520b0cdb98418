using System.Text.Json.Nodes;
using Blossoms;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>Stands in for what a server answers.</summary>
internal static class Standin
{
    /// <summary>What it answers to <c>GET /info</c>, changed.</summary>
    public static Task InfoAsync(IPage page, Action<JsonObject> change) => ChangeAsync(page, "**/info", change);

    /// <summary>Whether it calls its answers certain.</summary>
    public static Task CertainAsync(IPage page, Func<bool?> certain) => ChangeAsync(page, "**/predict", answer => answer["certain"] = certain());

    /// <summary>A server that explains every answer with the picture of a daisy. What the page sends is kept in its variable <c>sent</c>.</summary>
    public static async Task ExplainAsync(IPage page)
    {
        await page.AddInitScriptAsync(
            """
            globalThis.sent = [];
            const { fetch } = globalThis;
            globalThis.fetch = (path, options) => {
              if (options?.body) sent.push([path, options.body]);
              return fetch(path, options);
            };
            """);
        await InfoAsync(page, static info => info["explains"] = true);
        await page.RouteAsync("**/explain", static route => route.FulfillAsync(
            new() { ContentType = "image/png", BodyBytes = BlossomPainter.Draw(BlossomKind.Daisy, seed: 1) }));
    }

    private static async Task ChangeAsync(IPage page, string path, Action<JsonObject> change) => await page.RouteAsync(path, async route =>
    {
        IAPIResponse response = await route.FetchAsync();
        JsonObject answer = JsonNode.Parse(await response.TextAsync())!.AsObject();
        change(answer);
        await route.FulfillAsync(new() { Response = response, Body = answer.ToJsonString() });
    });
}
