using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// oneDNN's convolution with an activation behind it, in one operation: the activation costs no pass over memory. libtorch has it as
/// <c>mkldnn::_convolution_pointwise</c>, which no method of TorchSharp reaches, but TorchScript does.
/// </summary>
internal static class OneDnn
{
    private static readonly Lazy<bool> Probe = new(HasOneDnn);
    private static readonly ConcurrentDictionary<Shape, Lazy<jit.ScriptModule>> Modules = new();

    /// <summary>Whether this libtorch was built with oneDNN. Arm builds have other kernels and lack the operation.</summary>
    public static bool IsAvailable => Probe.Value;

    /// <summary>
    /// A convolution of one kind. Its numbers are part of the script: TorchSharp 0.107 frees numbers that are passed to a script as soon
    /// as the garbage collector comes by, which may be before the script has read them.
    /// </summary>
    /// <param name="stride">The same for rows and columns.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="groups">The groups of channels.</param>
    /// <param name="activation">What happens to the sums.</param>
    /// <returns>
    /// Takes an input <c>[N, I, H, W]</c>, fastest in channels-last order, which the result then has; weights <c>[O, I / groups, K, K]</c>
    /// and a bias <c>[O]</c>, all of one type.
    /// </returns>
    public static Func<Tensor, Tensor, Tensor, Tensor> Convolution(long stride, long padding, long groups, FusedActivation activation)
    {
        // Lazy, for of several threads that come at once one shall load it.
        jit.ScriptModule module = Modules.GetOrAdd(
            new Shape(stride, padding, groups, activation), static shape => new Lazy<jit.ScriptModule>(() => jit.load(Archive(shape)))).Value;
        return (input, weight, bias) =>
        {
            var result = (Tensor)module.invoke("run", input, weight, bias);
            GC.KeepAlive(input);
            GC.KeepAlive(weight);
            GC.KeepAlive(bias);
            return result;
        };
    }

    /// <summary>
    /// Asked by an operation that every libtorch knows and only those with oneDNN can do. Loading a script that names an unknown
    /// operation would end the process.
    /// </summary>
    private static bool HasOneDnn()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;
        try
        {
            using var probe = jit.compile("""
                def probe(x: Tensor):
                    return torch.mkldnn_convolution(x, x, None, [0, 0], [1, 1], [1, 1], 1)

                """);
            using Tensor one = ones(1, 1, 1, 1);
            using var result = (Tensor)probe.invoke("probe", one);
            return true;
        }
        catch (ExternalException)
        {
            return false;
        }
    }

    /// <summary>
    /// A TorchScript archive with one module without state: the pickle says which class it is of, the code is the class.
    /// </summary>
    private static byte[] Archive(Shape shape)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            // Protocol 2; the class; no arguments; a new object; its state, {"training": False}; stop.
            Add("data.pkl", "\u0080\u0002c__torch__\nConvolution\n)\u0081}(X\u0008\0\0\0training\u0089ub.");
            Add("constants.pkl", "\u0080\u0002).");
            Add("version", "3\n");
            Add("code/__torch__.py", Code(shape));

            void Add(string name, string content)
            {
                using Stream entry = archive.CreateEntry("convolution/" + name, CompressionLevel.NoCompression).Open();
                entry.Write(Encoding.Latin1.GetBytes(content));
            }
        }
        return bytes.ToArray();
    }

    private static string Code(Shape shape)
    {
        (string attribute, string scalars) = shape.Activation switch
        {
            FusedActivation.Relu => ("relu", ""),
            FusedActivation.Relu6 => ("hardtanh", "0., 6."),
            _ => ("none", ""),
        };
        return string.Create(CultureInfo.InvariantCulture, $"""
            class Convolution(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def run(self: __torch__.Convolution, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
                scalars = annotate(List[Optional[number]], [{scalars}])
                return ops.mkldnn._convolution_pointwise(x, w, b, [{shape.Padding}, {shape.Padding}], [{shape.Stride}, {shape.Stride}], [1, 1], {shape.Groups}, "{attribute}", scalars, "")

            """).ReplaceLineEndings("\n");
    }

    /// <summary>What a script is made for.</summary>
    private readonly record struct Shape(long Stride, long Padding, long Groups, FusedActivation Activation);
}
