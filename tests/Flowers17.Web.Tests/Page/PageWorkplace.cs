using Browser.Tests;
using Microsoft.Playwright;

namespace FlowersWeb.Tests;

/// <summary>A running browser, axe-core, and the sample on a server, which all tests of the page share.</summary>
public sealed class PageWorkplace : IAsyncLifetime
{
    /// <summary>What a slow machine with other work may take for one step, in milliseconds.</summary>
    private const float Patience = 120_000;

    private readonly FlowersApplication _application = new(), _explaining = new() { Explainer = new FakeExplainer() };
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _missing, _missingAxe, _axe;

    /// <summary>Where screenshots are kept.</summary>
    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    /// <summary>The address of the sample.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The address of the sample as it is on the torch engine: it explains its answers.</summary>
    public Uri ExplainingAddress { get; private set; } = null!;

    /// <summary>The classifier at <see cref="Address"/>.</summary>
    internal FakeClassifier Classifier => _application.Classifier;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        (string? program, _missing) = Chromium.Find();
        if (program is null) return;
        const string script = "axe.min.js";
        (string? axe, _missingAxe) = await NpmPackage.RestoreAsync(
            "axe-core", Repository.File("tests", "Flowers17.Web.Tests", "axe"), Path.Combine(AppContext.BaseDirectory, "npm"), script);
        if (axe is not null) _axe = await File.ReadAllTextAsync(Path.Combine(axe, script));
        (Address, ExplainingAddress) = (_application.Serve(), _explaining.Serve());
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Timeout = Patience });
    }

    /// <summary>Opens a page of its own; skips the test where the browser is missing.</summary>
    internal async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        if (_missing is { } reason) Assert.Skip(reason);
        IBrowserContext context = await _browser!.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        return await context.NewPageAsync();
    }

    /// <summary>The program that looks for what keeps people from using a page; skips the test where it is missing.</summary>
    internal string RequireAxe()
    {
        if ((_missing ?? _missingAxe) is { } reason) Assert.Skip(reason);
        return _axe!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        await _application.DisposeAsync();
        await _explaining.DisposeAsync();
    }
}
