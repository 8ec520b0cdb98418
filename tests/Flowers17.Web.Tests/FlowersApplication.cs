using FineTune;
using Flowers17;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace FlowersWeb.Tests;

/// <summary>The sample as it is, except that its classifier needs no weights.</summary>
/// <param name="settings">What the configuration says instead of the sample's defaults.</param>
public sealed class FlowersApplication(params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    internal FakeClassifier Classifier { get; } = new();

    /// <summary>What explains its answers, as on the torch engine; nothing does on ONNX Runtime.</summary>
    internal FakeExplainer? Explainer { get; init; }

    /// <summary>Starts the sample on Kestrel, on a free port of the loopback interface, for what the server in memory does otherwise.</summary>
    /// <returns>Its address.</returns>
    public Uri Serve()
    {
        UseKestrel(0);
        StartServer();
        return ClientOptions.BaseAddress;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Logging:LogLevel:Default", "Warning");
        foreach ((string key, string value) in settings) builder.UseSetting(key, value);
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<IImageClassifier<FlowerLabel>>(Classifier);
            if (Explainer is { } explainer) services.AddSingleton<IImageExplainer<FlowerLabel>>(explainer);
        });
    }
}
