package keepalive

import "github.com/go-sigfox/sigfox"

// chunk is a piece of a list of ids, which lie side by side, so that the devices
// of a chunk can be fetched from memory at the same time. It has no pointers.
type chunk struct {
	next uint32
	n    uint32
	ids  [chunkIDs]sigfox.DeviceID
}

const (
	chunkIDs   = 62 // 256 bytes
	slabChunks = 256
)

// list is a list of n chunks. All but the first are full.
type list struct{ first, n uint32 }

// chunks holds the chunks of all lists, by index. Released chunks are used again.
type chunks struct {
	slabs []*[slabChunks]chunk
	n     uint32 // chunks that were ever in a list
	free  list
}

func (c *chunks) chunk(i uint32) *chunk { return &c.slabs[i/slabChunks][i%slabChunks] }

// add puts an id into a list.
func (c *chunks) add(l *list, id sigfox.DeviceID) {
	if l.n > 0 {
		if ch := c.chunk(l.first); ch.n < chunkIDs {
			ch.ids[ch.n] = id
			ch.n++
			return
		}
	}
	c.push(l, c.alloc())
	ch := c.chunk(l.first)
	ch.ids[0], ch.n = id, 1
}

func (c *chunks) alloc() uint32 {
	if c.free.n == 0 {
		c.release(c.n)
		c.n++
	}
	return c.pop(&c.free)
}

// release gives back a chunk that is in no list.
func (c *chunks) release(i uint32) {
	if int(i) == len(c.slabs)*slabChunks {
		c.slabs = append(c.slabs, new([slabChunks]chunk))
	}
	c.chunk(i).n = 0
	c.push(&c.free, i)
}

func (c *chunks) push(l *list, i uint32) {
	c.chunk(i).next = l.first
	*l = list{first: i, n: l.n + 1}
}

// pop takes the first chunk out of a list that is not empty.
func (c *chunks) pop(l *list) uint32 {
	i := l.first
	*l = list{first: c.chunk(i).next, n: l.n - 1}
	return i
}
