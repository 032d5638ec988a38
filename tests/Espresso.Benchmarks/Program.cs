using Espresso.Benchmarks;
using Espresso.Benchmarks.Chaos;
using Espresso.Benchmarks.Overload;
using Espresso.Hosting;
using Espresso.Wire;

const string usage = "espresso bench [options]: one network bare, behind a minion, and behind the whole mesh, interleaved in one run\n"
    + "espresso bench overload [options]: more than the mesh can do; espresso bench chaos [options]: processes killed, stopped and replaced under load";
const string overloadUsage = "espresso bench overload [options]: offers more than the mesh can do, and tells what it still does";
const string chaosUsage = "espresso bench chaos [options]: kills, stops and replaces processes under load, and counts what that costs";
try
{
    InlineSockets.Enable(); // the caller's own hand-overs are not what is measured
    if (args is ["overload", .. var overload])
        return await Told<OverloadOptions>(overload, overloadUsage, options => new OverloadBench(options).Run());
    if (args is ["chaos", .. var chaos])
        return await Told<ChaosOptions>(chaos, chaosUsage, options => new ChaosBench(options).Run());
    return await Told<BenchOptions>(args, usage, options => new Bench(options).Run());
}
catch (Exception error) when (error is OptionsException or StartupException or Espresso.Manifests.ManifestException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}

static async Task<int> Told<TOptions>(string[] args, string usage, Func<TOptions, Task> run)
    where TOptions : class, new()
{
    if (args is ["--help"] or ["-h"])
    {
        await Console.Out.WriteAsync(OptionsReader.Help<TOptions>(usage));
        return 0;
    }

    var options = OptionsReader.Read<TOptions>(args, out var operands, _ => null);
    if (operands.Count > 0)
        throw new OptionsException([$"'{operands[0]}': only options are understood; --help lists them"]);
    await run(options);
    return 0;
}
