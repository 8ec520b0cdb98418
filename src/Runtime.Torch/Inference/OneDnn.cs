using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// oneDNN's convolution with a sum and an activation after it, in one operation: they cost no pass over memory. libtorch has it as
/// <c>mkldnn::_convolution_pointwise</c>, which no method of TorchSharp reaches, but TorchScript does.
/// </summary>
internal static class OneDnn
{
    private static readonly Lazy<bool> Single = new(static () => CanConvolve(ScalarType.Float32));
    private static readonly Lazy<bool> Half = new(static () => IsAvailable && CanConvolve(ScalarType.BFloat16));
    private static readonly ConcurrentDictionary<Script, Lazy<jit.ScriptModule>> Modules = new();

    /// <summary>Whether this libtorch was built with oneDNN. Arm builds have other kernels and lack the operation.</summary>
    public static bool IsAvailable => Single.Value;

    /// <summary>
    /// Whether the operations can compute in a type on this processor. oneDNN refuses bfloat16 on processors without AVX-512, where libtorch's
    /// other kernels compute in it.
    /// </summary>
    /// <param name="type">float32 or bfloat16.</param>
    public static bool Supports(ScalarType type) => type == ScalarType.BFloat16 ? Half.Value : IsAvailable;

    /// <summary>
    /// A convolution of one kind. Its numbers are part of the script: TorchSharp 0.107 frees numbers that are passed to a script as soon
    /// as the garbage collector runs, which may be before the script has read them.
    /// </summary>
    /// <param name="geometry">How its window moves.</param>
    /// <param name="activation">What happens to the sums.</param>
    /// <returns>
    /// Takes an input <c>[N, I, H, W]</c>, fastest in channels-last order, which the result then has; weights <c>[O, I / groups, H, W]</c>
    /// and a bias <c>[O]</c>, all of one type.
    /// </returns>
    public static Func<Tensor, Tensor, Tensor, Tensor> Convolution(ConvolutionGeometry geometry, ActivationFunction activation)
    {
        jit.ScriptModule module = Load(new Script(geometry, activation, Sum.None));
        return (input, weight, bias) =>
        {
            var result = (Tensor)module.invoke("run", input, weight, bias);
            GC.KeepAlive(input);
            GC.KeepAlive(weight);
            GC.KeepAlive(bias);
            return result;
        };
    }

    /// <summary>A convolution to whose result another tensor is added before the activation: a residual sum.</summary>
    /// <param name="geometry">How its window moves; one group.</param>
    /// <param name="activation">What happens to the sums: nothing, or ReLU.</param>
    /// <param name="overwrites">Whether the result takes the other tensor's memory.</param>
    /// <returns>As above; its last argument is the other tensor, of the result's shape and type.</returns>
    public static Func<Tensor, Tensor, Tensor, Tensor, Tensor> ConvolutionAndSum(ConvolutionGeometry geometry, ActivationFunction activation, bool overwrites)
    {
        jit.ScriptModule module = Load(new Script(geometry, activation, overwrites ? Sum.InPlace : Sum.New));
        return (input, weight, bias, other) =>
        {
            var result = (Tensor)module.invoke("run", input, weight, bias, other);
            GC.KeepAlive(input);
            GC.KeepAlive(weight);
            GC.KeepAlive(bias);
            GC.KeepAlive(other);
            return result;
        };
    }

    // Lazy: the module is loaded once even when several threads ask at the same time.
    private static jit.ScriptModule Load(Script script) => Modules.GetOrAdd(script, static key => new Lazy<jit.ScriptModule>(() => jit.load(Archive(key)))).Value;

    /// <summary>
    /// Asked by an operation that every libtorch knows and only those with oneDNN can do. Loading a script that names an unknown
    /// operation would end the process.
    /// </summary>
    private static bool CanConvolve(ScalarType type)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;
        try
        {
            using var probe = jit.compile("""
                def probe(x: Tensor):
                    return torch.mkldnn_convolution(x, x, None, [0, 0], [1, 1], [1, 1], 1)

                """);
            using Tensor one = ones(1, 1, 1, 1, dtype: type);
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
    private static byte[] Archive(Script script)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            // Protocol 2; the class; no arguments; a new object; its state, {"training": False}; stop.
            Add("data.pkl", "\u0080\u0002c__torch__\nConvolution\n)\u0081}(X\u0008\0\0\0training\u0089ub.");
            Add("constants.pkl", "\u0080\u0002).");
            Add("version", "3\n");
            Add("code/__torch__.py", Code(script));

            void Add(string name, string content)
            {
                using Stream entry = archive.CreateEntry("convolution/" + name, CompressionLevel.NoCompression).Open();
                entry.Write(Encoding.Latin1.GetBytes(content));
            }
        }
        return bytes.ToArray();
    }

    private static string Code(Script script)
    {
        (string attribute, string scalars, string algorithm) = script.Activation switch
        {
            ActivationFunction.Relu => ("relu", "", ""),
            ActivationFunction.Relu6 => ("hardtanh", "0., 6.", ""),
            ActivationFunction.Silu => ("swish", "", ""),
            ActivationFunction.HardSwish => ("hardswish", "", ""),
            ActivationFunction.HardSigmoid => ("hardsigmoid", "", ""),
            ActivationFunction.Sigmoid => ("sigmoid", "", ""),
            ActivationFunction.Gelu => ("gelu", "", "none"),
            ActivationFunction.Tanh => ("tanh", "", ""),
            _ => ("none", "", ""),
        };
        ConvolutionGeometry g = script.Geometry;
        string geometry = string.Create(CultureInfo.InvariantCulture,
            $"[{g.Padding.Rows}, {g.Padding.Columns}], [{g.Stride.Down}, {g.Stride.Across}], [{g.Dilation.Down}, {g.Dilation.Across}], {g.Groups}");
        string sum = $"{geometry}, \"add\", None, {(attribute == "none" ? "None" : $"\"{attribute}\"")}, scalars, None";
        string call = script.Sum switch
        {
            Sum.None => $"_convolution_pointwise(x, w, b, {geometry}, \"{attribute}\", scalars, \"{algorithm}\")",
            Sum.New => $"_convolution_pointwise(x, y, w, b, {sum})",
            _ => $"_convolution_pointwise_(y, x, w, b, {sum})",
        };
        return $"""
            class Convolution(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def run(self: __torch__.Convolution, x: Tensor, w: Tensor, b: Tensor{(script.Sum == Sum.None ? "" : ", y: Tensor")}) -> Tensor:
                scalars = annotate(List[Optional[number]], [{scalars}])
                return ops.mkldnn.{call}

            """.ReplaceLineEndings("\n");
    }

    /// <summary>Whether another tensor is added, and where the result goes.</summary>
    private enum Sum
    {
        None,
        New,
        InPlace,
    }

    /// <summary>What a script is made for.</summary>
    private readonly record struct Script(ConvolutionGeometry Geometry, ActivationFunction Activation, Sum Sum);
}
