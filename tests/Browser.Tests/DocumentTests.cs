namespace Browser.Tests;

/// <summary>What is written about the page, and what it is restored from.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void The_page_in_the_documentation_is_the_one_that_is_tested()
    {
        string page = Lines(Path.Combine(Repository.Page, "index.html")), document = Lines(Repository.File("docs", "deploy.md"));

        Assert.Contains("```html\n" + page + "```\n", document, StringComparison.Ordinal);
    }

    [Fact]
    public void The_documentation_names_the_files_and_the_version_that_are_tested()
    {
        string document = Lines(Repository.File("docs", "deploy.md"));
        string version = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Page, "package.json")))
            .RootElement.GetProperty("dependencies").GetProperty("onnxruntime-web").GetString()!;

        Assert.Contains("onnxruntime-web@" + version, document, StringComparison.Ordinal);
        Assert.All(OnnxRuntimeWeb.Files, file => Assert.Contains(file, document, StringComparison.Ordinal));
    }

    [Fact]
    public void The_lock_file_names_no_registry()
    {
        string locked = Lines(Path.Combine(Repository.Page, "package-lock.json"));

        Assert.DoesNotContain("://", locked, StringComparison.Ordinal);
        Assert.DoesNotContain("\"resolved\"", locked, StringComparison.Ordinal);
        Assert.Contains("\"integrity\"", locked, StringComparison.Ordinal);
    }

    private static string Lines(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");
}
