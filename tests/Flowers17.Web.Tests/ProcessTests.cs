using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using FineTune;
using Flowers17;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowersWeb.Tests;

/// <summary>The sample with its network: in memory, and as a process of its own.</summary>
public sealed class ProcessTests(TrainedFlowers trained) : IClassFixture<TrainedFlowers>
{
    /// <summary>What batches of other sizes round.</summary>
    private const double Rounding = 1e-4;

    [Fact]
    public async Task Callers_at_the_same_time_share_batches_and_each_gets_the_answer_to_its_own_photo()
    {
        Assert.SkipUnless(TrainedFlowers.IsPretrained, "no folder of MODELSPEC_ASSETS has weights/efficientnet-lite0-57934424.pth");
        using var application = new WebApplicationFactory<Program>();
        using WebApplicationFactory<Program> configured = application.WithWebHostBuilder(builder => builder.UseSetting("Weights", trained.Weights));
        using HttpClient client = configured.CreateClient();
        Assert.IsType<BatchingClassifier<FlowerLabel>>(configured.Services.GetRequiredService<IImageClassifier<FlowerLabel>>());
        using FlowerClassifier alone = FlowerClassifier.Load(trained.Weights);
        byte[][] photos = [.. Enumerable.Range(0, 24).Select(static i => TrainedFlowers.Picture(i, 1000 + i))];

        JsonElement[] answers = await Task.WhenAll(photos.Select(async photo =>
        {
            using var content = new ByteArrayContent(photo) { Headers = { ContentType = new("image/png") } };
            using HttpResponseMessage response = await client.PostAsync("/predict", content);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("top");
        }));

        double[][] expected = [.. photos.Select(photo => alone.Predict(photo).Top(5).Select(static s => (double)s.Score).ToArray())];
        for (int i = 0; i < photos.Length; i++)
        {
            Assert.All(
                expected[i].Zip(answers[i].EnumerateArray().Select(static a => a.GetProperty("probability").GetDouble())),
                static pair => Assert.Equal(pair.First, pair.Second, Rounding));
        }
        // Otherwise an answer to another photo would have passed.
        Assert.All(expected.Skip(1), other => Assert.True(Math.Abs(other[0] - expected[0][0]) > 2 * Rounding));
    }

    [Fact]
    public async Task A_photo_in_flight_is_answered_after_SIGTERM()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        await using FlowersProcess server = await FlowersProcess.StartAsync(trained.Weights);
        // The body is sent when the server asks for it, that is when the endpoint reads it.
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = FlowersProcess.Patience };
        using var client = new HttpClient(handler) { BaseAddress = server.Address };
        using var photo = new PausedPhoto(TrainedFlowers.Picture(3, 2000));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = photo, Headers = { ExpectContinue = true } };
        Task<HttpResponseMessage> answer = client.SendAsync(request);
        await photo.HalfIsSent.WaitAsync(FlowersProcess.Patience);

        await server.TerminateAsync();
        await server.WaitForLineAsync("Application is shutting down");
        photo.SendRest();

        using HttpResponseMessage response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(5, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("top").GetArrayLength());
        Assert.Equal(0, await server.WaitForExitAsync());
        using var later = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => later.ConnectAsync(server.Address.Host, server.Address.Port));
    }

    [Fact]
    public async Task Weights_that_do_not_exist_end_the_start_with_their_name()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => FlowersProcess.StartAsync(Path.Combine(Path.GetTempPath(), "none", "flowers.onnx")));

        Assert.Contains("flowers.onnx", failure.Message, StringComparison.Ordinal);
    }
}
