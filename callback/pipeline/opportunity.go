package pipeline

import (
	"container/heap"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// opportunity is a message that asks for a downlink, from its first frame until it
// is reported and its device no longer listens.
type opportunity struct {
	message messageID
	time    time.Time
	// received is when the network got the first frame; the device listens from opens
	// to closes.
	received, opens, closes time.Time
	// station is the one that heard the message best, rssi how well.
	station sigfox.StationID
	rssi    float32
	// request is the ID of the request whose answer is awaited.
	request string
	// direct is the template of DIRECT mode, perDay the quota of the contract.
	direct *downlink.Direct
	perDay int

	facts    downlink.Opportunity
	decision downlink.Decision
	// reported: all that is left to do is to wait until the device ends to listen.
	reported bool
	// due is when something is to be done, index the place in the agenda, -1 if it is
	// in none because a station is emitting.
	due   time.Time
	index int
}

// render fills in the template of DIRECT mode with the best station so far.
func (o *opportunity) render() {
	if o.direct == nil {
		return
	}
	o.facts.Answer = downlink.AnswerGiven
	o.facts.Reply = downlink.Send(o.direct.Render(downlink.DirectValues{
		Time: o.time.Unix(), TapID: o.station, RSSI: float64(o.rssi),
	}))
}

// agenda is a heap of opportunities, the one that is due first on top.
type agenda []*opportunity

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].due.Before(a[j].due) }

func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push implements heap.Interface.
func (a *agenda) Push(x any) {
	o, _ := x.(*opportunity)
	o.index = len(*a)
	*a = append(*a, o)
}

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	o := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	o.index = -1
	return o
}

// put enters an opportunity, or moves it to where it belongs by its due time.
func (a *agenda) put(o *opportunity, due time.Time) {
	o.due = due
	if o.index < 0 {
		heap.Push(a, o)
	} else {
		heap.Fix(a, o.index)
	}
}

func (a *agenda) pop() *opportunity {
	o, _ := heap.Pop(a).(*opportunity)
	return o
}
