namespace Espresso.Cli.Tests.Packages;

/// <summary>A file that is there before a command writes it. It stays open, and so tells whether it was written into (a full disk would have destroyed it) or replaced.</summary>
internal sealed class OldFile : IDisposable
{
    private const string Text = "what was there before";

    private readonly string _path;
    private readonly StreamReader _reader;

    public OldFile(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Text);
        _reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
    }

    public void Dispose() => _reader.Dispose();

    public void MustBeReplaced()
    {
        _reader.ReadToEnd().ShouldBe(Text);
        File.ReadAllText(_path).ShouldNotBe(Text);
        Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, "*.part").ShouldBeEmpty();
    }
}
