using System.Net;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Registry;

/// <summary>Reads what a process says of itself when it joins.</summary>
internal static class Registrations
{
    /// <param name="peer">Where the lease comes from: the address of a process that names no host.</param>
    /// <param name="staleAfter">After how long a silence a report is worth less.</param>
    /// <exception cref="FailureException">Invalid: the message names every fault.</exception>
    public static Replica Open(Registration? registration, IPAddress? peer, TimeSpan? staleAfter = null)
    {
        if (registration is null)
            throw Fault("a lease's first report must carry a registration");
        if (registration.Id.Length is 0 or > 200)
            throw Fault("registration: id: 1 to 200 characters");
        if (registration.Port is 0 or > 65_535)
            throw Fault($"registration '{registration.Id}': port: 1 to 65535; found {registration.Port}");
        var address = AddressOf(registration, peer);
        return registration.RoleCase switch
        {
            Registration.RoleOneofCase.Minion =>
                new Replica(registration.Id, address, ManifestOf(registration), registration.Minion.Device, staleAfter),
            Registration.RoleOneofCase.Preprocessor => new Replica(registration.Id, address, manifest: null, device: "cpu", staleAfter),
            _ => throw Fault($"registration '{registration.Id}': neither minion nor preprocessor"),
        };
    }

    private static Uri AddressOf(Registration registration, IPAddress? peer)
    {
        var host = registration.Host;
        if (host.Length == 0)
        {
            if (peer is null)
                throw Fault($"registration '{registration.Id}': host: needed here, since the lease's own address is not known");
            host = (peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer).ToString();
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw Fault($"registration '{registration.Id}': host: '{host}' is no host name");
        return new UriBuilder(Uri.UriSchemeHttp, host, (int)registration.Port).Uri;
    }

    private static Manifest ManifestOf(Registration registration)
    {
        try
        {
            var manifest = ManifestReader.Read(
                registration.Minion.Manifest, $"manifest of '{registration.Id}'", lenient: true, name => registration.Minion.Files.GetValueOrDefault(name));
            return registration.Minion.MaxPending is > 0 and <= int.MaxValue and var own
                ? manifest with { Serving = manifest.Serving with { MaxPending = (int)own } } // the process was told otherwise
                : manifest;
        }
        catch (ManifestException error)
        {
            throw Fault(error.Message);
        }
    }

    private static FailureException Fault(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
