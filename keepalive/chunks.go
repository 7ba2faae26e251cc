package keepalive

import "github.com/go-sigfox/sigfox"

// chunk is a piece of a bucket: its ids lie side by side, so that the devices
// of a chunk can be fetched from memory at the same time. It has no pointers.
type chunk struct {
	next int32
	n    uint32
	ids  [chunkIDs]sigfox.DeviceID
}

const (
	chunkIDs   = 62 // 256 bytes
	slabChunks = 256
	noChunk    = -1
)

// chunks hands out chunks by index. Released chunks are used again.
type chunks struct {
	slabs []*[slabChunks]chunk
	n     int32 // chunks that were ever handed out
	free  int32
}

func (c *chunks) chunk(i int32) *chunk { return &c.slabs[i/slabChunks][i%slabChunks] }

func (c *chunks) alloc(next int32) int32 {
	i := c.free
	if i != noChunk {
		c.free = c.chunk(i).next
	} else {
		i = c.n
		c.n++
		if i%slabChunks == 0 {
			c.slabs = append(c.slabs, new([slabChunks]chunk))
		}
	}
	ch := c.chunk(i)
	ch.next, ch.n = next, 0
	return i
}

func (c *chunks) release(i int32) {
	c.chunk(i).next = c.free
	c.free = i
}
