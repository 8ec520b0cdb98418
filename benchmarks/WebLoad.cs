using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace FineTune.Benchmarks;

/// <summary>
/// The sample Flowers17.Web as a process of its own on the loopback interface, under requests of several callers for some time: good photos as
/// bodies and in forms, and what callers send by mistake or to do harm. Prints rates, times, answers by kind, and memory.
/// </summary>
internal sealed class WebLoad : Command
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private readonly Argument<FileInfo> _weights = new("weights") { Description = "An ONNX file of flowers17-efficientnet.modelspec." };
    private readonly Option<int> _callers = new("--callers") { DefaultValueFactory = static _ => 16 };
    private readonly Option<int> _seconds = new("--seconds") { DefaultValueFactory = static _ => 60 };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 3 };
    private readonly Option<int> _bad = new("--bad") { DefaultValueFactory = static _ => 20, Description = "How many of 100 requests are bad." };

    public WebLoad()
        : base("web", "Requests of several callers to the sample Flowers17.Web on the loopback interface.")
    {
        Add(_weights);
        Add(_callers);
        Add(_seconds);
        Add(_rounds);
        Add(_bad);
        SetAction((parse, cancellation) => MeasureAsync(
            parse.GetValue(_weights)!, parse.GetValue(_callers), parse.GetValue(_seconds), parse.GetValue(_rounds), parse.GetValue(_bad), cancellation));
    }

    private static async Task MeasureAsync(FileInfo weights, int callers, int seconds, int rounds, int bad, CancellationToken cancellation)
    {
        string sample = Path.Combine(Commands.RepositoryRoot, "samples/Flowers17.Web");
        Commands.Run(sample, "dotnet", "build", "-c", "Release", "-v", "q", "-m:1");
        for (int round = 0; round < rounds; round++)
        {
            using WebServer server = await WebServer.StartAsync(Path.Combine(sample, "bin/Release/net10.0/Flowers17.Web.dll"), weights.FullName, cancellation);
            await SendAsync(server, callers, WarmUp, bad: 0, cancellation);
            long before = server.Memory("VmRSS:");
            (double elapsed, List<Sent> sent) = await SendAsync(server, callers, TimeSpan.FromSeconds(seconds), bad, cancellation);
            Tell(callers, elapsed, sent);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  memory {before >> 20} MB after the warm-up, {server.Memory("VmRSS:") >> 20} MB at the end, peak {server.Memory("VmHWM:") >> 20} MB"));
        }
    }

    /// <summary>Sends requests until the time is over; each caller sends the next when it has its answer.</summary>
    private static async Task<(double Seconds, List<Sent> Sent)> SendAsync(WebServer server, int callers, TimeSpan time, int bad, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(1) };
        var clock = Stopwatch.StartNew();
        List<Sent>[] all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                var random = new Random(caller);
                List<Sent> sent = [];
                while (clock.Elapsed < time)
                {
                    LoadRequest[] kinds = random.Next(100) < bad ? LoadRequest.Bad : LoadRequest.Good;
                    sent.Add(await SendAsync(client, kinds[random.Next(kinds.Length)], random, cancellation));
                }
                return sent;
            },
            cancellation)));
        return (clock.Elapsed.TotalSeconds, [.. all.SelectMany(static sent => sent)]);
    }

    private static async Task<Sent> SendAsync(HttpClient client, LoadRequest kind, Random random, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            using HttpContent content = kind.Create(random);
            using HttpResponseMessage response = await client.PostAsync("/predict", content, cancellation);
            await response.Content.ReadAsByteArrayAsync(cancellation);
            return new Sent(kind, response.StatusCode, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
        {
            return new Sent(kind, null, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private static void Tell(int callers, double seconds, List<Sent> sent)
    {
        double[] times = [.. sent.Where(static s => s.Kind.Expected == HttpStatusCode.OK && s.Status == HttpStatusCode.OK).Select(static s => s.Milliseconds).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{callers} callers, {seconds:0} s: {sent.Count / seconds:0.0} requests/s, {times.Length / seconds:0.0} photos/s, p50 {At(0.5):0} ms, p95 {At(0.95):0} ms, p99 {At(0.99):0} ms"));
        foreach (IGrouping<LoadRequest, Sent> kind in sent.GroupBy(static s => s.Kind).OrderBy(static g => g.Key.Name, StringComparer.Ordinal))
        {
            IEnumerable<string> answers = kind.GroupBy(static s => s.Status).OrderBy(static g => g.Key)
                .Select(g => $"{g.Count()} × {(g.Key is { } status ? (int)status : "no answer")}{(g.Key == kind.Key.Expected ? "" : " NOT EXPECTED")}");
            Console.WriteLine($"  {kind.Key.Name,-26} {string.Join(", ", answers)}");
        }

        double At(double share) => times.Length == 0 ? double.NaN : times[Math.Min(times.Length - 1, (int)(share * times.Length))];
    }

    /// <summary>A request that was sent.</summary>
    /// <param name="Kind">What was sent.</param>
    /// <param name="Status">What was answered, or null where the connection ended.</param>
    /// <param name="Milliseconds">From sending to the end of the answer.</param>
    private sealed record Sent(LoadRequest Kind, HttpStatusCode? Status, double Milliseconds);
}

/// <summary>A kind of request.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Expected">What it has to be answered with.</param>
/// <param name="Create">Makes the body.</param>
internal sealed record LoadRequest(string Name, HttpStatusCode Expected, Func<Random, HttpContent> Create)
{
    private const int TooMany = 12_000_000;

    private static readonly byte[][] Photos =
        [.. Directory.GetFiles(Path.Combine(FlowerFolder.Assets, "flowers17/jpg"), "*.jpg").Order(StringComparer.Ordinal).Where(static (_, i) => i % 20 == 0).Select(File.ReadAllBytes)];

    private static readonly byte[] Zeros = new byte[TooMany];

    /// <summary>Photos.</summary>
    public static LoadRequest[] Good { get; } =
    [
        new("photo as the body", HttpStatusCode.OK, static random => Body(Photo(random), "image/jpeg")),
        new("photo in a form", HttpStatusCode.OK, static random => new MultipartFormDataContent { { Body(Photo(random), "image/jpeg"), "photo", "photo.jpg" } }),
    ];

    /// <summary>What is not a photo, or not sent as one.</summary>
    public static LoadRequest[] Bad { get; } =
    [
        new("not an image", HttpStatusCode.BadRequest, static random => Body(Noise(random, 50_000), "image/jpeg")),
        new("half of a photo", HttpStatusCode.BadRequest, static random => Body(Half(Photo(random)), "image/jpeg")),
        new("nothing", HttpStatusCode.BadRequest, static _ => Body([], "image/png")),
        new("text", HttpStatusCode.UnsupportedMediaType, static _ => Body("tulip"u8.ToArray(), "text/plain")),
        new("form without a file", HttpStatusCode.BadRequest, static _ => new MultipartFormDataContent { { new StringContent("tulip"), "name" } }),
        new("form that is none", HttpStatusCode.BadRequest, static random => Body(Noise(random, 1000), "multipart/form-data; boundary=x")),
        new("too large", HttpStatusCode.RequestEntityTooLarge, static _ => Body(Zeros, "image/jpeg")),
    ];

    private static byte[] Photo(Random random) => Photos[random.Next(Photos.Length)];

    private static byte[] Half(byte[] photo) => photo[..(photo.Length / 2)];

    private static byte[] Noise(Random random, int length)
    {
        byte[] noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private static ByteArrayContent Body(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
}
