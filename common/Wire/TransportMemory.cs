using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Espresso.Wire;

/// <summary>The blocks that the server's sockets read into and its pipes are made of: 64 KiB instead of Kestrel's 4 KiB.</summary>
/// <remarks>
/// A socket is read one block at a time, so a float32 tensor of 256×256×3 (786 kB) takes 192 reads with Kestrel's own blocks and 12 with these,
/// each with a system call and two thread-pool hand-overs. An idle connection holds none, but where sockets are inline (<see cref="InlineSockets"/>).
/// </remarks>
internal sealed class TransportMemory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Blocks();

    private sealed class Blocks : MemoryPool<byte>
    {
        private const int BlockBytes = 64 << 10;

        // 16 MiB kept for the next burst; what is above it goes to the garbage collector.
        private const int MostKept = 256;

        private readonly ConcurrentQueue<Block> _kept = new();

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            return _kept.TryDequeue(out var block) ? block.Lend() : new Block(this);
        }

        protected override void Dispose(bool disposing) => _kept.Clear();

        private void Return(Block block)
        {
            if (_kept.Count < MostKept)
                _kept.Enqueue(block);
        }

        private sealed class Block(Blocks home) : IMemoryOwner<byte>
        {
            private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
            private int _lent = 1;

            public Memory<byte> Memory => _bytes;

            public Block Lend()
            {
                _lent = 1;
                return this;
            }

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _lent, 0) == 1)
                    home.Return(this);
            }
        }
    }
}
