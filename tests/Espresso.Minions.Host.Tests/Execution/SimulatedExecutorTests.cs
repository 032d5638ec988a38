using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Execution;

public sealed class SimulatedExecutorTests
{
    private static readonly Manifest Manifest = new()
    {
        Model = "echo",
        Inputs = [new InputSpec { Name = "image", Width = 4, Height = 2 }],
        Outputs = [new OutputSpec { Name = "map" }, new OutputSpec { Name = "picture", Kind = OutputKind.Image, Layout = TensorLayout.Nhwc }],
    };

    [Fact]
    public void Shapes_Manifest_GivesThem()
    {
        using var executor = new SimulatedExecutor(Manifest, "0,0", TimeProvider.System);

        executor.Inputs[0].Shape.ShouldBe([-1, 3, 2, 4]);
        executor.Outputs.Select(output => output.Shape).ShouldBe([[-1, 1, 2, 4], [-1, 2, 4, 3]]);
        executor.OutputShapes([[3, 2, 4]]).ShouldBe([[1, 2, 4], [2, 4, 3]]);
        (executor.IsAccelerator, executor.Device).ShouldBe((true, "simulated"));
    }

    [Fact]
    public void Run_Rows_EchoEachItsOwn()
    {
        using var executor = new SimulatedExecutor(Manifest, "0,0", TimeProvider.System);
        var buffers = Buffers(executor);
        new Random(1).NextBytes(buffers.Inputs[0].Memory.Span);

        executor.Run(0, 3, buffers.Inputs, buffers.Outputs);

        for (var row = 0; row < 3; row++)
        {
            var input = buffers.Inputs[0].Memory.Span.Slice(row * 96, 96).ToArray();
            buffers.Outputs[0].Memory.Span.Slice(row * 32, 32).ToArray().ShouldBe(input[..32]);
            buffers.Outputs[1].Memory.Span.Slice(row * 96, 96).ToArray().ShouldBe(input);
        }
    }

    [Fact]
    public async Task Run_Batch_TakesFixedAndItemTimesOnItsClock()
    {
        var time = new FakeTime();
        using var executor = new SimulatedExecutor(Manifest, "5,3", time);
        var buffers = Buffers(executor);
        var runs = 0;
        using var thread = new BlockingThread(() =>
        {
            executor.Run(0, 2, buffers.Inputs, buffers.Outputs);
            Interlocked.Increment(ref runs);
        });

        // Far longer than eleven milliseconds of the world's clock, and still one short of them on its own.
        await thread.Begun;
        Patience.Until(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return Volatile.Read(ref runs) == 1;
        });

        (time.GetUtcNow() - new FakeTime().GetUtcNow()).TotalMilliseconds.ShouldBeGreaterThanOrEqualTo(11);
    }

    [Theory]
    [InlineData("20,3", 20, 3)]
    [InlineData("0,0.5", 0, 0.5)]
    public void Parse_TwoNumbers_AreMilliseconds(string text, double a, double b) => SimulatedExecutor.Parse(text).ShouldBe((a, b));

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("20,3,4")]
    [InlineData("a,b")]
    [InlineData("-1,3")]
    [InlineData("1,NaN")]
    [InlineData("60001,1")]
    public void Parse_AnythingElse_IsAStartFault(string text) =>
        Should.Throw<StartupException>(() => SimulatedExecutor.Parse(text)).Message.ShouldContain("--simulated");

    [Fact]
    public void Ctor_InputWithoutASize_IsAStartFault() =>
        Should.Throw<StartupException>(() => new SimulatedExecutor(
            Manifest with { Inputs = [.. Manifest.Inputs, new InputSpec { Name = "steps", Kind = InputKind.Tensor }] }, "1,1", TimeProvider.System));

    private static BatchBuffers Buffers(SimulatedExecutor executor) =>
        new("b", executor, [[3, 2, 4]], executor.OutputShapes([[3, 2, 4]]), 4);

    private sealed class BlockingThread : IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Thread _thread;

        public BlockingThread(Action act)
        {
            _thread = new Thread(() =>
            {
                _begun.SetResult();
                act();
            });
            _thread.Start();
        }

        public Task Begun => _begun.Task;

        public void Dispose() => _thread.Join();
    }
}
