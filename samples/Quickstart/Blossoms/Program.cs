using System.Globalization;
using Blossoms;

// Draws COUNT pictures of every kind into FOLDER/kind/NNN.png.
string folder = args[0];
int count = int.Parse(args[1], CultureInfo.InvariantCulture);
foreach (BlossomKind kind in Enum.GetValues<BlossomKind>())
{
    string target = Path.Combine(folder, kind.ToString().ToLowerInvariant());
    Directory.CreateDirectory(target);
    for (int i = 0; i < count; i++)
    {
        File.WriteAllBytes(Path.Combine(target, string.Create(CultureInfo.InvariantCulture, $"{i:000}.png")), BlossomPainter.Draw(kind, seed: i));
    }
}
