package pipeline

import (
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// downlinks are the downlinks that are under way. Each opportunity goes the way that
// downlink.Opportunity tells, and the agenda says when:
//
//	StepAwait -> at the latest when the device ends to listen, no answer came
//	StepSend  -> when the device listens, emit
//	otherwise -> AcknowledgeAfter the message, report
//	reported  -> when the device ends to listen, forget
type downlinks struct {
	options *Options

	mu     sync.Mutex
	latest time.Time // the latest now seen
	// open holds, for each device that listens or will listen, the message after which
	// it does. Messages that come meanwhile are in the agenda only.
	open   map[sigfox.DeviceID]*opportunity
	agenda agenda
	// count is how many there are, those of which a station is emitting included.
	count int
}

// task is what is to be done about an opportunity: emit, if the step is StepSend, or
// report. It holds what the opportunity was when it became due.
type task struct {
	opportunity *opportunity
	time        time.Time
	perDay      int
	decision    downlink.Decision
	emission    Emission
}

// start takes up an opportunity. It reports whether there was room.
func (d *downlinks) start(o *opportunity) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clamp(o.received)
	if d.count >= d.options.MaxDownlinks {
		return false
	}
	d.count++
	if before := d.open[o.message.key.Device]; before != nil && o.received.Before(before.closes) {
		o.facts.Busy = true
	} else {
		d.open[o.message.key.Device] = o
	}
	o.index = -1
	d.plan(o)
	return true
}

// expect says which request will bring the answer.
func (d *downlinks) expect(o *opportunity, request string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o.request = request
}

// hear notes a further frame of a message.
func (d *downlinks) hear(f *Frame) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.open[f.Device]
	if o != nil && o.message == f.id() && (f.RSSI > o.rssi || isNaN(o.rssi)) {
		o.station, o.rssi = f.Station, f.RSSI
	}
}

// answer has note enter the answer to a request into the facts of the opportunity
// that awaits it, if there still is one.
func (d *downlinks) answer(id sigfox.DeviceID, request string, note func(*downlink.Opportunity)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.open[id]
	if o == nil || o.request != request || o.decision.Step != downlink.StepAwait {
		return
	}
	note(&o.facts)
	d.plan(o)
}

// settle notes what came of an emission that ended at now.
func (d *downlinks) settle(now time.Time, o *opportunity, q downlink.QuotaState, r downlink.RadioState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clamp(now)
	o.facts.Quota, o.facts.Radio = q, r
	d.plan(o)
}

// plan decides what to do next, and when.
func (d *downlinks) plan(o *opportunity) {
	o.decision = o.facts.Decide()
	switch o.decision.Step {
	case downlink.StepAwait:
		d.agenda.put(o, o.closes)
	case downlink.StepSend:
		d.agenda.put(o, later(d.latest, o.opens))
	default:
		d.agenda.put(o, later(d.latest, o.received.Add(d.options.AcknowledgeAfter)))
	}
}

// next returns something that is to be done at now, and false if there is nothing.
func (d *downlinks) next(now time.Time) (task, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clamp(now)
	for len(d.agenda) > 0 && !d.agenda[0].due.After(d.latest) {
		o := d.agenda.pop()
		closed := !d.latest.Before(o.closes)
		switch {
		case o.reported:
			d.forget(o)
		case o.decision.Step == downlink.StepAwait:
			o.facts.Answer = downlink.AnswerMissing
			d.plan(o)
		case o.decision.Step == downlink.StepSend && closed:
			o.facts.Radio = downlink.RadioFailed
			d.plan(o)
		case o.decision.Step == downlink.StepSend:
			o.render()
			o.decision = o.facts.Decide()
			return o.task(), true
		default:
			o.reported = true
			if closed || o.facts.Busy {
				d.forget(o)
			} else {
				d.agenda.put(o, o.closes)
			}
			return o.task(), true
		}
	}
	return task{}, false
}

// task returns what is to be done about an opportunity.
func (o *opportunity) task() task {
	return task{
		opportunity: o, time: o.time, perDay: o.perDay, decision: o.decision,
		emission: Emission{
			Message: o.message.key, Station: o.station, Data: o.decision.Data, Opens: o.opens, Closes: o.closes,
		},
	}
}

func (d *downlinks) forget(o *opportunity) {
	d.count--
	if id := o.message.key.Device; d.open[id] == o {
		delete(d.open, id)
	}
}

// nextDue returns when next has something to do.
func (d *downlinks) nextDue() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.agenda) == 0 {
		return time.Time{}, false
	}
	return d.agenda[0].due, true
}

// clamp keeps the clock from going back.
func (d *downlinks) clamp(now time.Time) { d.latest = later(d.latest, now) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
