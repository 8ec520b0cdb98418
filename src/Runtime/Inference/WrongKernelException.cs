namespace FineTune.Inference;

/// <summary>A network does not compute on this machine what it computed where it was trained.</summary>
public sealed class WrongKernelException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public WrongKernelException()
    {
    }

    /// <summary>Makes an exception.</summary>
    public WrongKernelException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a cause.</summary>
    public WrongKernelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
