using Contract = FineTune.Pipeline.ElementType;
using Own = FineTune.Weights.ElementType;

namespace FineTune.Training.WeightFormats;

/// <summary>The element types of the runtime's readers in the terms of the contracts.</summary>
internal static class PipelineTypes
{
    /// <summary>The same type: both have the same names.</summary>
    public static Contract ToContract(this Own type) => Enum.Parse<Contract>(type.ToString());
}
