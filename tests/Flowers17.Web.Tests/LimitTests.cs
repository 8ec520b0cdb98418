using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace FlowersWeb.Tests;

/// <summary>What callers may send, on the server that applications run on.</summary>
public sealed class LimitTests
{
    private const int TooMany = 12_000_000;

    private static readonly (string, string)[] OneAnHour = [("RateLimit:Requests", "1"), ("RateLimit:Period", "01:00:00"), ("RateLimit:Waiting", "0")];

    [Theory]
    [InlineData("/predict", false, false)]
    [InlineData("/predict", false, true)]
    [InlineData("/predict", true, false)]
    [InlineData("/predict", true, true)]
    [InlineData("/explain", false, false)]
    [InlineData("/explain", true, true)]
    public async Task A_photo_of_too_many_bytes_is_refused_as_body_and_in_a_form(string path, bool isForm, bool isChunked)
    {
        using var application = new FlowersApplication { Explainer = new FakeExplainer() };
        using var client = new HttpClient { BaseAddress = application.Serve() };
        using var photo = new ByteArrayContent(FakeClassifier.Photo(TooMany)) { Headers = { ContentType = new("image/jpeg") } };
        using HttpContent content = isForm ? new MultipartFormDataContent { { photo, "photo", "photo.jpg" } } : photo;
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { TransferEncodingChunked = isChunked } };

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("A photo may have 10 MB at most.", await DetailAsync(response));
    }

    [Fact]
    public async Task A_caller_beyond_the_rate_is_told_when_to_come_back()
    {
        using var application = new FlowersApplication(OneAnHour);
        using HttpClient client = application.CreateClient();
        using (HttpResponseMessage first = await PostAsync(client)) Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        using HttpResponseMessage second = await PostAsync(client);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.InRange(second.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal("Too many photos came at once. Try again later.", await DetailAsync(second));
        // Only what runs the network is limited.
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
    }

    [Fact]
    public void A_rate_that_allows_nothing_is_refused_when_the_application_starts()
    {
        using var application = new FlowersApplication(("RateLimit:Requests", "0"));

        var failure = Assert.ThrowsAny<OptionsValidationException>(application.CreateClient);

        Assert.Contains("RateLimit: Requests and Period are above 0", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client)
    {
        using var content = new ByteArrayContent(FakeClassifier.Photo()) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
        return await client.PostAsync("/predict", content);
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString();
    }
}
