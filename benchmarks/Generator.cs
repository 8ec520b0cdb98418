using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelSpec.Generator;

namespace FineTune.Benchmarks;

/// <summary>
/// The time that the source generator takes: in an editor, for a changed spec and for a change of other code, and in a compiler process, for a
/// project with only one class; for VGG16 and for the longest built-in network.
/// </summary>
internal sealed class Generator : Command
{
    private static readonly Option<int> Rounds = new("--rounds") { DefaultValueFactory = static _ => 5, Description = "How often the compiler runs." };

    /// <summary>The generator and its dependencies, as in the package.</summary>
    private static readonly string[] Analyzers = ["ModelSpec.Generator.dll", "ModelSpec.dll", "Tomlyn.dll"];

    private static readonly string[] References = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    public Generator()
        : base("generator", "The source generator on a changed spec and on a changed C# file, and the compiler with it.")
    {
        Add(Rounds);
        SetAction(static parse => Measure(parse.GetValue(Rounds)));
    }

    private static void Measure(int rounds)
    {
        string vgg16 = File.ReadAllText(Specs.PathOf("vgg16"));
        Edited[] specs =
        [
            new("vgg16", vgg16),
            new("resnet152", vgg16.Replace("\"vgg16\"", "\"resnet152\"", StringComparison.Ordinal).Replace("\"flatten\"", "\"global_average_pool\"", StringComparison.Ordinal)),
        ];
        foreach (Edited spec in specs) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{spec.Name}: {spec.Lines:N0} lines"));
        Print(Commands.Interleave(100, [.. specs.SelectMany(static spec => new (string, Action)[]
        {
            ($"{spec.Name}, a changed spec", spec.ChangeSpec), ($"{spec.Name}, a changed C# file", spec.ChangeCode),
        })]));

        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            // The last one has nothing to generate: the remaining time is that of starting the compiler.
            Print(Commands.Interleave(rounds, [.. specs.Append(new("nothing", "")).Select(spec => ($"{spec.Name}, compiled", Compile(folder.FullName, spec)))]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Print(IReadOnlyList<Measurement> times)
    {
        foreach (Measurement time in times)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{time.Name,-28} median {1000 * time.Median,8:0.00} ms, min {1000 * time.Seconds.Min(),8:0.00} ms, max {1000 * time.Seconds.Max(),8:0.00} ms"));
        }
    }

    /// <summary>A run of the SDK's compiler in a separate process, on a project with only a spec.</summary>
    private static Action Compile(string folder, Edited spec)
    {
        string path = Path.Combine(folder, spec.Name + ".modelspec");
        File.WriteAllText(path, spec.Text);
        string code = Path.Combine(folder, spec.Name + ".cs");
        File.WriteAllText(code, "class A;");
        string sdks = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "sdk"));
        string compiler = Path.Combine(Directory.GetDirectories(sdks).Order(StringComparer.Ordinal).Last(), "Roslyn", "bincore", "csc.dll");
        string generator = Path.GetDirectoryName(typeof(ClassifierGenerator).Assembly.Location)!;
        string response = Path.Combine(folder, spec.Name + ".rsp");
        File.WriteAllLines(response,
        [
            "-nostdlib", "-nologo", "-target:library", "-optimize", "-langversion:latest", "-nullable:enable",
            $"-out:\"{Path.Combine(folder, spec.Name + ".dll")}\"",
            .. Analyzers.Select(name => $"-analyzer:\"{Path.Combine(generator, name)}\""),
            .. References.Select(static reference => $"-reference:\"{reference}\""),
            .. spec.Text.Length > 0 ? [$"-additionalfile:\"{path}\""] : Array.Empty<string>(),
            $"\"{code}\"",
        ]);
        return () =>
        {
            string output = Commands.Run(folder, "dotnet", "exec", compiler, "-noconfig", "@" + response);
            if (output.Trim().Length > 0) throw new InvalidOperationException(output);
        };
    }

    /// <summary>A spec that is edited, and other code.</summary>
    private sealed class Edited
    {
        private CSharpCompilation _compilation = CSharpCompilation.Create("App", [CSharpSyntaxTree.ParseText("class A;")]);
        private GeneratorDriver _driver;
        private SpecText _spec;
        private int _edits;

        public Edited(string name, string text)
        {
            Name = name;
            Text = text;
            _spec = new SpecText($"/{name}.modelspec", text);
            _driver = CSharpGeneratorDriver.Create(new ClassifierGenerator()).AddAdditionalTexts([_spec]);
            if (text.Length > 0) ChangeCode();
        }

        public string Name { get; }

        public string Text { get; }

        public int Lines => _driver.GetRunResult().GeneratedTrees.Single().GetText().Lines.Count;

        public void ChangeSpec()
        {
            SpecText before = _spec;
            _spec = new SpecText(before.Path, Text.Replace("linear(256)", $"linear({256 + ++_edits})", StringComparison.Ordinal));
            _driver = _driver.ReplaceAdditionalText(before, _spec).RunGenerators(_compilation);
        }

        public void ChangeCode()
        {
            _compilation = _compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText($"class B{++_edits};"));
            _driver = _driver.RunGenerators(_compilation);
        }
    }

    private sealed class SpecText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
