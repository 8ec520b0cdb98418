namespace FineTune.Training.Data;

/// <summary>Changes a split that was drawn so that each group of images is in one part.</summary>
internal static class GroupedSplit
{
    /// <summary>
    /// Puts each group into the part that most of its images were drawn for, and the earlier part where there are as many in another. Then images
    /// that are in no group change parts, so that every part keeps its number of images of each class as far as there are such images. All
    /// other images stay where they were drawn, so a split without groups does not change.
    /// </summary>
    /// <param name="drawn">The split.</param>
    /// <param name="groups">The groups, as numbers of images: those of the training part first, then those of validation, then those of the test.</param>
    public static DatasetSplit Of(DatasetSplit drawn, IReadOnlyList<IReadOnlyList<int>> groups)
    {
        IReadOnlyList<LabeledImage>[] before = [drawn.Train, drawn.Validation, drawn.Test];
        LabeledImage[] images = [.. before.SelectMany(static part => part)];
        int[] parts = [.. before.SelectMany(static (part, index) => Enumerable.Repeat(index, part.Count))];
        bool[] isSingle = [.. Enumerable.Repeat(true, images.Length)];
        int[,] wanted = Counts();

        foreach (IReadOnlyList<int> group in groups)
        {
            int part = Enumerable.Range(0, before.Length).MaxBy(part => group.Count(image => parts[image] == part));
            foreach (int image in group) (parts[image], isSingle[image]) = (part, false);
        }
        Balance();

        LabeledImage[][] after = [.. before.Select((_, part) => Enumerable.Range(0, images.Length)
            .Where(image => parts[image] == part).OrderBy(image => images[image].Class).Select(image => images[image]).ToArray())];
        // The division depends on what images look like, and not on the spec alone.
        return drawn with { Train = after[0], Validation = after[1], Test = after[2], IsGiven = true };

        int[,] Counts()
        {
            int[,] counts = new int[before.Length, images.Max(static image => image.Class) + 1];
            for (int i = 0; i < images.Length; i++) counts[parts[i], images[i].Class]++;
            return counts;
        }

        // Each part gives its last single images of a class where it has too many, to the first part that has too few.
        void Balance()
        {
            int[,] counts = Counts();
            for (int image = images.Length - 1; image >= 0; image--)
            {
                (int from, int c) = (parts[image], images[image].Class);
                if (!isSingle[image] || counts[from, c] <= wanted[from, c]) continue;
                int to = Enumerable.Range(0, before.Length).FirstOrDefault(part => counts[part, c] < wanted[part, c], -1);
                if (to < 0) continue;
                parts[image] = to;
                counts[from, c]--;
                counts[to, c]++;
            }
        }
    }
}
