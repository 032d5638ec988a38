using Espresso.Minions;

namespace Espresso.Detector;

/// <summary>The network says of every box on a grid how surely something is in it; of those that overlap the best is told: a line "x y score" each.</summary>
internal sealed class NonMaximumSuppression : IModelHook
{
    private const int Grid = 15, Step = 4, Side = 8, Most = 10; // boxes a side; pixels from a box to the next and of its sides; objects told
    private const float Least = 0.75f, MostOverlap = 0.1f;

    public IReadOnlyList<string> Makes => ["objects"];

    public void After(HookBatch batch)
    {
        for (var row = 0; row < batch.Rows; row++)
        {
            var scores = batch.Output<float>("scores", row).ToArray();
            var kept = new List<int>();
            foreach (var box in Enumerable.Range(0, scores.Length).Where(box => scores[box] >= Least).OrderByDescending(box => scores[box]))
            {
                if (kept.TrueForAll(other => Overlap(box, other) <= MostOverlap))
                    kept.Add(box);
            }

            batch.SetText("objects", row, string.Join('\n', kept.Take(Most).Select(box => $"{box % Grid * Step} {box / Grid * Step} {Math.Min(1, scores[box]):0.00}")));
        }
    }

    private static float Overlap(int one, int other)
    {
        var (x, y) = (Math.Abs((one % Grid) - (other % Grid)) * Step, Math.Abs((one / Grid) - (other / Grid)) * Step);
        var both = Math.Max(0, Side - x) * Math.Max(0, Side - y);
        return (float)both / ((2 * Side * Side) - both);
    }
}
