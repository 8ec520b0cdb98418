using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>Stands in for what a server answers.</summary>
internal static class Standin
{
    /// <summary>Whether it calls its answers certain.</summary>
    public static Task CertainAsync(IPage page, Func<bool?> certain) => ChangeAsync(page, "**/predict", answer => answer["certain"] = certain());

    /// <summary>Keeps what the page sends in its variable <c>sent</c>.</summary>
    public static Task RecordAsync(IPage page) => page.AddInitScriptAsync(
        """
        globalThis.sent = [];
        const { fetch } = globalThis;
        globalThis.fetch = (path, options) => {
          if (options?.body) sent.push([path, options.body]);
          return fetch(path, options);
        };
        """);

    private static async Task ChangeAsync(IPage page, string path, Action<JsonObject> change) => await page.RouteAsync(path, async route =>
    {
        IAPIResponse response = await route.FetchAsync();
        JsonObject answer = JsonNode.Parse(await response.TextAsync())!.AsObject();
        change(answer);
        await route.FulfillAsync(new() { Response = response, Body = answer.ToJsonString() });
    });
}
