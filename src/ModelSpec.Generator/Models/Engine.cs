namespace ModelSpec.Generator.Models;

/// <summary>What a generated class runs on.</summary>
internal enum Engine
{
    /// <summary>libtorch, by TorchSharp.</summary>
    Torch,

    /// <summary>ONNX Runtime.</summary>
    Onnx,
}
