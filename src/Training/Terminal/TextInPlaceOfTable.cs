using Spectre.Console;
using Spectre.Console.Rendering;

namespace FineTune.Training.Terminal;

/// <summary>
/// Lines that are written where the table of a live display begins, which is then drawn below them. The terminal has to forget the table first: what is
/// shorter than a row would leave the row's end on the screen.
/// </summary>
/// <param name="text">The lines, without a line end.</param>
/// <param name="style">How they look.</param>
internal sealed class TextInPlaceOfTable(string text, Style style) : Renderable
{
    /// <summary>ECMA-48, ED: erases from the cursor to the end of the screen.</summary>
    public const string EraseBelow = "\u001b[0J";

    /// <inheritdoc />
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
        [Segment.Control(EraseBelow), .. ((IRenderable)new Text(text + "\n", style)).Render(options, maxWidth)];
}
