using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Flowers17;
using Microsoft.Extensions.DependencyInjection;

namespace FlowersWeb.Tests;

public sealed class PredictTests : IDisposable
{
    private readonly FlowersApplication _application = new();

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("application/octet-stream")]
    public async Task A_photo_as_the_body_gets_the_most_likely_flowers(string type)
    {
        using HttpResponseMessage response = await PostAsync(FakeClassifier.Photo(), type);

        await AssertIsTulip(response);
    }

    [Fact]
    public async Task A_photo_in_a_form_gets_the_most_likely_flowers()
    {
        using HttpClient client = _application.CreateClient();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(FakeClassifier.Photo()), "photo", "photo.jpg" } };

        using HttpResponseMessage response = await client.PostAsync("/predict", form);

        await AssertIsTulip(response);
    }

    [Theory]
    [InlineData("image/jpeg", 10_000_001, HttpStatusCode.RequestEntityTooLarge, "10 MB at most")]
    [InlineData("image/png", 0, HttpStatusCode.BadRequest, "not an image")]
    [InlineData("multipart/form-data; boundary=x", 20, HttpStatusCode.BadRequest, "form")]
    public async Task What_cannot_be_classified_gets_problem_details(string type, int length, HttpStatusCode status, string detail)
    {
        using HttpResponseMessage response = await PostAsync(new byte[length], type);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Other_types_are_not_supported()
    {
        using HttpResponseMessage response = await PostAsync(new byte[20], "text/plain");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Send the photo as image/*", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_without_a_file_is_refused()
    {
        using HttpClient client = _application.CreateClient();
        using var form = new MultipartFormDataContent { { new StringContent("tulip"), "name" } };

        using HttpResponseMessage response = await client.PostAsync("/predict", form);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("no file", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_photo_of_unknown_length_is_read_up_to_the_limit()
    {
        // Redirects would have to keep the body.
        using HttpClient client = _application.CreateClient(new() { AllowAutoRedirect = false });
        using var content = new StreamContent(new EndlessPhoto());
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = content };
        request.Headers.TransferEncodingChunked = true;

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Health_page_and_description_are_served()
    {
        using HttpClient client = _application.CreateClient();

        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
        Assert.Contains("Which flower is it?", await client.GetStringAsync("/"), StringComparison.Ordinal);
        using JsonDocument description = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        JsonElement responses = description.RootElement.GetProperty("paths").GetProperty("/predict").GetProperty("post").GetProperty("responses");
        Assert.Equal(["200", "400", "413", "415", "429"], responses.EnumerateObject().Select(static r => r.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_page_is_told_what_the_server_knows_and_takes()
    {
        using HttpClient client = _application.CreateClient();

        using JsonDocument info = JsonDocument.Parse(await client.GetStringAsync("/info"));

        Assert.Equal(FlowerClassifier.Labels, info.RootElement.GetProperty("labels").EnumerateArray().Select(static label => label.GetString()!));
        Assert.Equal(10_000_000, info.RootElement.GetProperty("maxBytes").GetInt32());
        Assert.False(info.RootElement.GetProperty("explains").GetBoolean());
    }

    [Fact]
    public async Task Answers_and_refusals_are_counted()
    {
        List<string> seen = [];
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument.Name, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Add(instrument.Name, tags));
        // The meters of this application only: other tests run at the same time.
        var meters = _application.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Flowers17.Web" && ReferenceEquals(instrument.Meter.Scope, meters)) l.EnableMeasurementEvents(instrument);
        };
        listener.Start();

        using (await PostAsync(FakeClassifier.Photo(), "image/jpeg"))
        using (await PostAsync([1], "image/jpeg"))
        {
        }

        lock (seen) Assert.Equal(["flowers.prediction.duration label=tulip", "flowers.photos.refused reason=not an image"], seen);

        void Add(string name, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (seen) seen.Add($"{name} {tags[0].Key}={tags[0].Value}");
        }
    }

    public void Dispose() => _application.Dispose();

    private async Task<HttpResponseMessage> PostAsync(byte[] body, string type)
    {
        using HttpClient client = _application.CreateClient();
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await client.PostAsync("/predict", content);
    }

    private static async Task AssertIsTulip(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        JsonElement top = answer.RootElement.GetProperty("top");
        Assert.Equal(5, top.GetArrayLength());
        Assert.Equal("tulip", top[0].GetProperty("label").GetString());
        Assert.Equal(0.84, top[0].GetProperty("probability").GetDouble(), 1e-6);
        // The spec has no accept, so every answer is certain.
        Assert.True(answer.RootElement.GetProperty("certain").GetBoolean());
        Assert.True(answer.RootElement.GetProperty("milliseconds").GetDouble() > 0);
    }

    /// <summary>A body without an end.</summary>
    private sealed class EndlessPhoto : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => count;

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
