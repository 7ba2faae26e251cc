package aggregator_test

import (
	"time"

	"github.com/go-sigfox/sigfox/dedup"
)

// candidate takes frames and gives what it emits to the sink it was made with.
type candidate interface {
	add(now time.Time, f *dedup.Frame) dedup.Verdict
}

// ticker is a candidate that is told the time.
type ticker interface{ tick(now time.Time) }

// candidates are all of them, by name.
var candidates = []struct {
	name string
	make func(live int, s sink) candidate
}{
	{"harness", func(int, sink) candidate { return harness{} }},
	{"ours", newOurs},
	{"value-ring", newValueRing},
	{"freelru", newFreeLRU},
	{"natural", newNatural},
	{"golang-lru", newGolangLRU},
	{"otter", newOtter},
	{"expirable", newExpirable},
	{"ttlcache", newTTLCache},
	{"afterfunc", newAfterFunc},
}

// harness does nothing: what the stream itself costs.
type harness struct{}

func (harness) add(time.Time, *dedup.Frame) dedup.Verdict { return dedup.First }

// ours is driven as a program would: Closed is called twice a second.
type ours struct {
	*dedup.Aggregator
	sink sink
}

func newOurs(live int, s sink) candidate {
	// Like its peers it forgets a message when it hands it out.
	a, err := dedup.NewAggregator(dedup.AggregatorOptions{
		Retain: window, MaxMessages: live + live/50, MaxClosed: 1 << 30,
	})
	if err != nil {
		panic(err)
	}
	return &ours{a, s}
}

func (o *ours) add(now time.Time, f *dedup.Frame) dedup.Verdict { return o.Add(now, *f) }

func (o *ours) tick(now time.Time) {
	for m := range o.Closed(now) {
		o.sink.take(m)
	}
}
