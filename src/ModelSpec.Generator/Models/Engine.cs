namespace ModelSpec.Generator.Models;

/// <summary>The engine that a generated class runs on.</summary>
internal enum Engine
{
    /// <summary>libtorch, through TorchSharp.</summary>
    Torch,

    /// <summary>ONNX Runtime.</summary>
    Onnx,
}
