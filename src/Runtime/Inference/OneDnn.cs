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
    private static readonly Lazy<jit.ScriptModule?> Module = new(static () => HasOneDnn() ? jit.load(Archive()) : null);

    /// <summary>Whether this libtorch was built with oneDNN. Arm builds have other kernels and lack the operation.</summary>
    public static bool IsAvailable => Module.Value is not null;

    /// <summary>Convolves and activates.</summary>
    /// <param name="input"><c>[N, I, H, W]</c> of the weight's type; fastest in channels-last order, which the result then has.</param>
    /// <param name="weight"><c>[O, I / groups, K, K]</c>.</param>
    /// <param name="bias"><c>[O]</c>.</param>
    /// <param name="stride">The same for rows and columns.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="groups">The groups of channels.</param>
    /// <param name="activation">What happens to the sums.</param>
    public static Tensor Convolve(Tensor input, Tensor weight, Tensor bias, long stride, long padding, long groups, FusedActivation activation) =>
        (Tensor)Module.Value!.invoke(Method(activation), input, weight, bias, stride, padding, groups);

    private static string Method(FusedActivation activation) => activation switch
    {
        FusedActivation.Relu => "relu",
        FusedActivation.Relu6 => "relu6",
        _ => "none",
    };

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
    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            // Protocol 2; the class; no arguments; a new object; its state, {"training": False}; stop.
            Add("data.pkl", "\u0080\u0002c__torch__\nConvolution\n)\u0081}(X\u0008\0\0\0training\u0089ub.");
            Add("constants.pkl", "\u0080\u0002).");
            Add("version", "3\n");
            Add("code/__torch__.py", Code());

            void Add(string name, string content)
            {
                using Stream entry = archive.CreateEntry("convolution/" + name, CompressionLevel.NoCompression).Open();
                entry.Write(Encoding.Latin1.GetBytes(content));
            }
        }
        return bytes.ToArray();
    }

    private static string Code()
    {
        var code = new StringBuilder("class Convolution(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        Define(FusedActivation.None, "none", "");
        Define(FusedActivation.Relu, "relu", "");
        Define(FusedActivation.Relu6, "hardtanh", "0., 6.");
        return code.ToString();

        void Define(FusedActivation activation, string attribute, string scalars) => code
            .Append("  def ").Append(Method(activation)).Append("(self: __torch__.Convolution, x: Tensor, w: Tensor, b: Tensor, stride: int, padding: int, groups: int) -> Tensor:\n")
            .Append("    scalars = annotate(List[Optional[number]], [").Append(scalars).Append("])\n")
            .Append("    return ops.mkldnn._convolution_pointwise(x, w, b, [padding, padding], [stride, stride], [1, 1], groups, \"").Append(attribute).Append("\", scalars, \"\")\n");
    }
}
