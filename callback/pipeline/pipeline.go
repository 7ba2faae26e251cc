package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// Pipeline turns what base stations hear into callbacks. See the package.
type Pipeline struct {
	o         Options
	downlinks downlinks
	refused   refused
	// wake tells Run that something is due earlier than it thought.
	wake    chan struct{}
	running atomic.Bool
}

// New returns a pipeline. The error names the option that is out of range.
func New(o Options) (*Pipeline, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	p := &Pipeline{
		o:       o,
		refused: refused{messages: map[messageID]struct{}{}},
		wake:    make(chan struct{}, 1),
	}
	p.downlinks = downlinks{options: &p.o, open: map[sigfox.DeviceID]*opportunity{}}
	return p, nil
}

// Disengage makes the next number received of the device the reference, whatever it
// is, and lets its messages be delivered again, like the cloud's function of that name.
// It reports whether the device was heard before.
func (p *Pipeline) Disengage(id sigfox.DeviceID) bool { return p.o.Sequence.Disengage(id) }

// messageID tells a message from all others, as an Aggregator does.
type messageID struct {
	key     sigfox.MessageKey
	payload sigfox.Payload
}

// refused holds the messages that were refused and whose window is not over: at most
// those that the Aggregator holds.
type refused struct {
	mu       sync.Mutex
	messages map[messageID]struct{}
}

func (r *refused) add(id messageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages[id] = struct{}{}
}

// remove reports whether the message was refused.
func (r *refused) remove(id messageID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.messages[id]
	delete(r.messages, id)
	return ok
}
