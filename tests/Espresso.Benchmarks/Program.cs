using Espresso.Benchmarks;
using Espresso.Hosting;
using Espresso.Wire;

const string usage = "espresso bench [options]: one network bare, behind a minion, and behind the whole mesh, interleaved in one run";
if (args is ["--help"] or ["-h"])
{
    await Console.Out.WriteAsync(OptionsReader.Help<BenchOptions>(usage));
    return 0;
}

try
{
    var options = OptionsReader.Read<BenchOptions>(args, out var operands, _ => null);
    if (operands.Count > 0)
        throw new OptionsException([$"'{operands[0]}': only options are understood; --help lists them"]);
    InlineSockets.Enable(); // the caller's own hand-overs are not what is measured
    var bench = new Bench(options);
    await bench.Run();
    return 0;
}
catch (Exception error) when (error is OptionsException or StartupException or Espresso.Manifests.ManifestException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
