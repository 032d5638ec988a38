using System.Globalization;
using System.Text;

namespace Espresso.Benchmarks.Serving;

/// <summary>One HTTP/1.1 connection over which one thread makes one request after the other, the same each time.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly BlockingSocket _socket;
    private readonly byte[] _request;

    /// <param name="path">With its query.</param>
    /// <param name="headers">Lines without their ends; length and host are set here.</param>
    public HttpConnection(Uri address, string path, IEnumerable<string> headers, byte[] body)
    {
        string[] lines = [$"POST {path} HTTP/1.1", $"Host: {address.Authority}", $"Content-Length: {body.Length}", .. headers, "", ""];
        _request = [.. Encoding.ASCII.GetBytes(string.Join("\r\n", lines)), .. body];
        _socket = new BlockingSocket(address);
    }

    /// <summary>One request: its answer's bytes, taken and thrown away.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">The server closed the connection.</exception>
    public int Call()
    {
        _socket.Send(_request);
        var status = int.Parse(Line().Split(' ')[1], CultureInfo.InvariantCulture);
        var (length, chunked) = (0, false);
        for (var line = Line(); line.Length > 0; line = Line())
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line["Content-Length:".Length..], CultureInfo.InvariantCulture);
            chunked |= line.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase);
        }

        _socket.Skip(length);
        while (chunked)
        {
            var chunk = int.Parse(Line(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _socket.Skip(chunk + 2); // its line's end; after the last one that of the body, since there are no trailers
            chunked = chunk > 0;
        }

        return status;
    }

    public void Dispose() => _socket.Dispose();

    private string Line()
    {
        var seen = _socket.Peek(1);
        int end;
        while ((end = seen.IndexOf((byte)'\n')) < 0)
            seen = _socket.Peek(seen.Length + 1);
        return Encoding.ASCII.GetString(_socket.Take(end + 1)).TrimEnd('\r', '\n');
    }
}
