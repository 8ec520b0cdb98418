using Contract = FineTune.Pipeline.ElementType;
using Own = FineTune.Weights.ElementType;

namespace FineTune.Training.WeightFormats;

/// <summary>Converts the element types of the runtime's readers to those of the contracts.</summary>
internal static class PipelineTypes
{
    /// <summary>The same type; the names are the same.</summary>
    public static Contract ToContract(this Own type) => Enum.Parse<Contract>(type.ToString());
}
