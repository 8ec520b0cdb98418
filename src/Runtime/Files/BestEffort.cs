namespace FineTune.Files;

/// <summary>What is good to have done, but whose failure is nobody's error: tidying up, mostly.</summary>
internal static class BestEffort
{
    /// <summary>Does something with files, or not.</summary>
    /// <returns>Whether it was done.</returns>
    public static bool Run(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
