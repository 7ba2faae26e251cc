package keepalive

import (
	"sync"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// news are the messages that the table does not know: the tick of the last of each
// device.
type news struct {
	count  atomic.Int64
	shards [newsShards]newsShard
}

type newsShard struct {
	mu   sync.Mutex
	last map[sigfox.DeviceID]uint32
	_    [48]byte // one cache line each
}

const newsShards = 64

func (n *news) shard(id sigfox.DeviceID) *newsShard {
	return &n.shards[uint32(id)*0x9e3779b1>>(32-6)]
}

// add notes a message, unless there is none yet of that device and no room.
func (n *news) add(id sigfox.DeviceID, at uint32, room int) bool {
	s := n.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.last[id]
	switch {
	case !known && n.count.Load() >= int64(room):
		return false
	case !known:
		n.count.Add(1)
		if s.last == nil {
			s.last = make(map[sigfox.DeviceID]uint32)
		}
	}
	s.last[id] = max(last, at)
	return true
}

// of returns the message that is news of a device.
func (n *news) of(id sigfox.DeviceID) (at uint32, ok bool) {
	s := n.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok = s.last[id]
	return at, ok
}

// told forgets a message, unless there is a later one.
func (n *news) told(id sigfox.DeviceID, at uint32) {
	s := n.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[id]; ok && last <= at {
		delete(s.last, id)
		n.count.Add(-1)
	}
}

// devices returns the devices of which there is news.
func (n *news) devices() []sigfox.DeviceID {
	ids := make([]sigfox.DeviceID, 0, n.count.Load())
	for i := range n.shards {
		s := &n.shards[i]
		s.mu.Lock()
		for id := range s.last {
			ids = append(ids, id)
		}
		s.mu.Unlock()
	}
	return ids
}
