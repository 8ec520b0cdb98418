using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;

namespace FlowersWeb.Tests;

public sealed class ExplainTests : IDisposable
{
    private readonly FlowersApplication _onnx = new(), _torch = new() { Explainer = new FakeExplainer() };

    public void Dispose()
    {
        _torch.Dispose();
        _onnx.Dispose();
    }

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("application/octet-stream")]
    [InlineData("multipart/form-data")]
    public async Task A_photo_gets_an_overlay(string type)
    {
        using HttpResponseMessage response = await PostAsync(_torch, FakeClassifier.Photo(), type);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/jpeg", response.Content.Headers.ContentType!.MediaType);
        byte[] overlay = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(new FakeExplainer().Explain(FakeClassifier.Photo()).EncodeJpeg(), overlay);
    }

    [Theory]
    [InlineData("image/jpeg", 10_000_001, HttpStatusCode.RequestEntityTooLarge, "10 MB at most")]
    [InlineData("image/png", 0, HttpStatusCode.BadRequest, "not an image")]
    [InlineData("multipart/form-data; boundary=x", 20, HttpStatusCode.BadRequest, "form")]
    public async Task What_cannot_be_explained_gets_problem_details(string type, int length, HttpStatusCode status, string detail)
    {
        using HttpResponseMessage response = await PostAsync(_torch, new byte[length], type);

        await AssertIsProblem(response, status, detail);
    }

    [Fact]
    public async Task Other_types_are_not_supported()
    {
        using HttpResponseMessage response = await PostAsync(_torch, new byte[20], "text/plain");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task On_onnx_runtime_the_answer_says_how_to_get_explanations()
    {
        using HttpResponseMessage response = await PostAsync(_onnx, FakeClassifier.Photo(), "image/jpeg");

        await AssertIsProblem(response, HttpStatusCode.NotImplemented, "-p:ModelSpecRuntime=torch");
    }

    [Fact]
    public async Task The_page_is_told_whether_answers_are_explained()
    {
        Assert.True(await ExplainsAsync(_torch));
        Assert.False(await ExplainsAsync(_onnx));

        static async Task<bool> ExplainsAsync(FlowersApplication application)
        {
            using HttpClient client = application.CreateClient();
            using JsonDocument info = JsonDocument.Parse(await client.GetStringAsync("/info", TestContext.Current.CancellationToken));
            return info.RootElement.GetProperty("explains").GetBoolean();
        }
    }

    private static async Task AssertIsProblem(HttpResponseMessage response, HttpStatusCode status, string detail)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(WebApplicationFactory<Program> application, byte[] body, string type)
    {
        using HttpClient client = application.CreateClient();
        if (type == "multipart/form-data")
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(body), "photo", "photo.jpg" } };
            return await client.PostAsync("/explain", form);
        }
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await client.PostAsync("/explain", content);
    }
}
