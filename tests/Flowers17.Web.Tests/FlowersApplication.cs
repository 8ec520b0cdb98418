using FineTune;
using Flowers17;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace FlowersWeb.Tests;

/// <summary>The sample as it is, except that its classifier needs no weights.</summary>
public sealed class FlowersApplication : WebApplicationFactory<Program>
{
    protected override void ConfigureWebHost(IWebHostBuilder builder) =>
        builder.ConfigureTestServices(static services => services.AddSingleton<IImageClassifier<FlowerLabel>>(new FakeClassifier()));
}
