using Espresso.Coordinator;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Manifests;
using Espresso.Simulation.Fleet;

namespace Espresso.Simulation.Policies;

/// <summary>The coordinator's own: its controller, asked for a plan of one step, and what it keeps of the version's load.</summary>
internal sealed class MeshAdmission : IAdmission
{
    private readonly AdmissionController _controller;
    private readonly VersionLoad _load;
    private readonly Plan _plan;
    private readonly bool[] _joined;
    private readonly string[] _ids;

    public MeshAdmission(FleetOptions options, TimeProvider time)
    {
        _controller = new AdmissionController(
            new CoordinatorOptions { LeaseReportMs = (int)options.ReportEvery.TotalMilliseconds }, new LearnedCosts(time), new CoordinatorMetrics(), time);
        _load = new VersionLoad(time, TenantWeights.Equal);
        _plan = new Plan([new PlanStep(0, new ServedVersion(Manifest, [], _load, new RouteState(retryPercent: 0, hedgePercent: 0)), [], [], Requested: true, Wave: 0)], [], [], []);
        _joined = new bool[options.Replicas];
        _ids = new string[options.Replicas];
    }

    public TimeSpan Demand => _load.Demand;

    public string? TryAdmit(Request request, TimeSpan now)
    {
        _load.Ask();
        if (!_controller.TryAdmit(_plan, request.Due - now, Caller.Default, out var reservation, out var refusal))
            return refusal.Reason;
        request.Reservation = reservation;
        return null;
    }

    public void Release(Request request)
    {
        request.Reservation?.Dispose();
        request.Reservation = null;
    }

    public void Report(int replica, ReplicaState state)
    {
        if (_joined[replica])
            _load.Report(state.Id, ReplicaPart.Of(state));
        else
            _load.Join(state.Id, ReplicaPart.Of(state));
        _joined[replica] = true;
        _ids[replica] = state.Id;
    }

    public void Left(int replica)
    {
        if (_joined[replica])
            _load.Leave(_ids[replica]);
        _joined[replica] = false;
    }

    private static Manifest Manifest { get; } = ManifestReader.Read(
        """
        model: simulated
        version: "1.0"
        network: simulated.onnx
        inputs:
          - { name: image, kind: picture, width: 512, height: 512 }
        outputs:
          - { name: map, kind: map }
        """,
        "the simulation's manifest");
}
