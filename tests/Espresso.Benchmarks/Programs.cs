namespace Espresso.Benchmarks;

/// <summary>The mesh's programs, where the build put them.</summary>
internal static class Programs
{
    public static string Minion => Built("minions/host", "espresso-minion");

    public static string Coordinator => Built("coordinator", "espresso-coordinator");

    public static string Preprocessor => Built("preprocessor", "espresso-preprocessor");

    private static string Built(string project, string name)
    {
        var path = Path.Combine(Root(), project, "bin/Release/net10.0", name + ".dll");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is missing; ./espresso bench builds it");
    }

    /// <summary>Above this program's own folder, where the solution lies.</summary>
    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Espresso.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("this program runs only inside a checkout");
    }
}
