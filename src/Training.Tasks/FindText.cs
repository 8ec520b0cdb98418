using System.Text;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace FineTune.Build.Tasks;

/// <summary>Looks for a text in a file that may be binary and large, such as the digest of weights among the notes of a model.</summary>
public sealed class FindText : Task
{
    private const int BlockSize = 1 << 20;

    /// <summary>The file.</summary>
    [Required]
    public ITaskItem File { get; set; } = null!;

    /// <summary>The text, of ASCII characters.</summary>
    [Required]
    public string Text { get; set; } = "";

    /// <summary>Whether the text is in the file.</summary>
    [Output]
    public bool IsFound { get; private set; }

    /// <inheritdoc />
    public override bool Execute()
    {
        byte[] text = Encoding.ASCII.GetBytes(Text);
        byte[] block = new byte[text.Length + BlockSize];
        using FileStream file = System.IO.File.OpenRead(File.GetMetadata("FullPath"));
        // The end of each block is looked at again with the next one: the text may lie across.
        int kept = 0;
        while (!IsFound && file.Read(block, kept, block.Length - kept) is > 0 and int read)
        {
            int length = kept + read;
            IsFound = IsIn(block, length, text);
            kept = Math.Min(text.Length, length);
            Array.Copy(block, length - kept, block, 0, kept);
        }
        return true;
    }

    private static bool IsIn(byte[] block, int length, byte[] text)
    {
        for (int at = 0; at + text.Length <= length; at++)
        {
            at = Array.IndexOf(block, text[0], at, length - text.Length - at + 1);
            if (at < 0) return false;
            int same = 1;
            while (same < text.Length && block[at + same] == text[same]) same++;
            if (same == text.Length) return true;
        }
        return false;
    }
}
