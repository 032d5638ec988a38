using System.Net.Sockets;

namespace Espresso.Benchmarks.Serving;

/// <summary>A connection that its caller's thread waits on, and what came of it and is not taken yet.</summary>
/// <remarks>
/// A load generator that shares the cores with what it measures takes from it what it uses itself, and each of its own hand-overs between
/// threads is counted as the server's time. A thread that blocks in the system's own call has neither.
/// </remarks>
internal sealed class BlockingSocket : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[2 << 20];
    private int _begin;
    private int _end;

    public BlockingSocket(Uri address) => _socket.Connect(address.Host, address.Port);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>What has come, at least <paramref name="least"/> bytes; it stays.</summary>
    /// <exception cref="IOException">The server closed the connection.</exception>
    public ReadOnlySpan<byte> Peek(int least)
    {
        while (_end - _begin < least)
        {
            if (_begin + least > _received.Length)
            {
                _received.AsSpan(_begin, _end - _begin).CopyTo(_received);
                (_begin, _end) = (0, _end - _begin);
            }

            var more = _socket.Receive(_received.AsSpan(_end));
            _end += more > 0 ? more : throw new IOException("the server closed the connection");
        }

        return _received.AsSpan(_begin, _end - _begin);
    }

    /// <summary>The next bytes, good until the next call.</summary>
    public ReadOnlySpan<byte> Take(int bytes)
    {
        var taken = Peek(bytes)[..bytes];
        _begin += bytes;
        if (_begin == _end)
            (_begin, _end) = (0, 0);
        return taken;
    }

    /// <summary>Throws the next bytes away, more of them too than there is room for.</summary>
    public void Skip(int bytes)
    {
        while (bytes > 0)
            bytes -= Take(Math.Min(bytes, Peek(1).Length)).Length;
    }

    public void Dispose() => _socket.Dispose();
}
