using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace FineTune.Inference;

/// <summary>The machine, as warnings and errors name it.</summary>
internal static class Machine
{
    /// <summary>The processor: its brand and family, or its architecture where it is not an x86.</summary>
    public static string DescribeProcessor()
    {
        if (!X86Base.IsSupported) return RuntimeInformation.ProcessArchitecture.ToString();
        // Intel's and AMD's manuals, CPUID: leaf 1 has family, model and stepping; leaves 0x80000002 to 0x80000004 have the name.
        int signature = X86Base.CpuId(1, 0).Eax;
        int family = ((signature >> 8) & 15) + (((signature >> 8) & 15) == 15 ? (signature >> 20) & 255 : 0);
        Span<int> name = stackalloc int[12];
        for (int leaf = 0; leaf < 3; leaf++)
        {
            (name[4 * leaf], name[4 * leaf + 1], name[4 * leaf + 2], name[4 * leaf + 3]) = X86Base.CpuId(unchecked((int)0x80000002) + leaf, 0);
        }
        string brand = Encoding.ASCII.GetString(MemoryMarshal.AsBytes(name)).TrimEnd('\0').Trim();
        return string.Create(CultureInfo.InvariantCulture, $"{brand}, family {family}");
    }
}
