using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>Which policy does what: the mesh's own, or with some replaced by a comparator's.</summary>
/// <param name="Name">In reports and figures.</param>
internal sealed record Stack(
    string Name,
    IBatching Batching,
    Func<FleetOptions, IMinionDoor> Door,
    Func<FleetOptions, Random, Routing> Routing,
    Func<FleetOptions, TimeProvider, IAdmission> Admission)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(10);

    /// <summary>What the number of replicas follows, the one that wants most; nothing: it is fixed.</summary>
    public IReadOnlyList<Scaling> Scaling { get; init; } = [];

    /// <summary>All of it real.</summary>
    public static Stack Mesh { get; } = new(
        "espresso",
        new MeshBatching(),
        options => new BoundedQueue(options.MaxPending),
        (options, random) => new MeshRouting(options, random),
        (options, time) => new MeshAdmission(options, time));

    /// <summary>First in, first out, with a window of 10 ms (Ray Serve's default); the rest is the mesh's.</summary>
    public static Stack FixedWindow { get; } = Mesh with { Name = "fixed_window", Batching = new FixedWindowBatching(Window) };

    /// <summary>A preferred size of 8 and a delay of 10 ms; the rest is the mesh's.</summary>
    public static Stack PreferredSize { get; } = Mesh with { Name = "preferred_size", Batching = new PreferredSizeBatching(8, Window) };

    public static Stack RoundRobin { get; } = Mesh with { Name = "round_robin", Routing = (options, _) => new RoundRobinRouting(options, watches: true) };

    public static Stack NoAdmission { get; } = Mesh with { Name = "no_admission", Door = _ => new OpenDoor(), Admission = (_, _) => new OpenAdmission() };

    /// <summary>A gradient limiter at each minion in the place of the admission's model.</summary>
    public static Stack Gradient2 { get; } = Mesh with { Name = "gradient2", Door = _ => new Gradient2Door(), Admission = (_, _) => new OpenAdmission() };

    /// <summary>What many start with: round-robin, a fixed window, first in, first out, and nobody is refused.</summary>
    public static Stack Plain { get; } = new(
        "round_robin_fixed_window",
        new FixedWindowBatching(Window),
        _ => new OpenDoor(),
        (options, _) => new RoundRobinRouting(options, watches: false),
        (_, _) => new OpenAdmission());

    public static IReadOnlyList<Stack> All { get; } = [Mesh, FixedWindow, PreferredSize, RoundRobin, NoAdmission, Gradient2, Plain];
}
