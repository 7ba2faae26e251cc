package dedup

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Frame is one copy of a message, as one base station heard it.
type Frame struct {
	// Time is the time of the message in Unix seconds, as the network gives it:
	// the same for all its copies. 0, and what lies outside the years 1970 to
	// 2106, stands for unknown.
	Time    int64
	Device  sigfox.DeviceID
	Station sigfox.StationID
	Payload sigfox.Payload
	// Repetition tells the frames of one message apart: 0, 1 or 2. A source that
	// cannot tell them apart leaves it 0, and NbRep is then 1.
	Repetition uint8
	// Seq is sigfox.NoSeqNumber for a message without sequence number.
	Seq sigfox.SeqNumber
	// RSSI in dBm and SNR in dB are kept to two decimals, as the network gives
	// them, between -327.67 and 327.67. NaN stands for not measured.
	RSSI, SNR float32
	// Frequency is the carrier in Hz, 0 for unknown.
	Frequency uint32
}

// Verdict is what Add did with a frame.
type Verdict uint8

const (
	// First is the first copy of a message: the one on which UPLINK and BIDIR
	// callbacks go out. It opened the window.
	First Verdict = iota
	// Merged is a further copy within the window.
	Merged
	// Late is a copy that came when the window was over. It is counted in Stats
	// and is in no Message.
	Late
	// Full is a frame for which there was no room: its message has been heard by
	// MaxStations other stations (and counts it as dropped), or it is the first
	// copy of a message and MaxMessages are held (and nothing is known of it
	// afterwards). Stats counts the two apart.
	Full
)

// String returns the name of the verdict.
func (v Verdict) String() string {
	switch v {
	case First:
		return "First"
	case Merged:
		return "Merged"
	case Late:
		return "Late"
	case Full:
		return "Full"
	default:
		return "Verdict(" + strconv.Itoa(int(v)) + ")"
	}
}

// Aggregator turns the frames that base stations report into messages. It is
// safe for concurrent use.
//
// Frames belong to one message when device, time, sequence number and payload are the
// same. So a device that uses a sequence number again, after a rollover or after it was
// flashed, is not taken for its former self. Where the time is not known, the others
// decide, for as long as a message is remembered.
type Aggregator struct {
	options AggregatorOptions
	start   atomic.Pointer[time.Time] // the first now; instants are microseconds since
	spread  spread
	tables  []messageTable
	alarms  []alarms      // of each table
	cursor  atomic.Uint32 // the table at which the next call of Closed begins
	batches sync.Pool     // of *batch
}

// NewAggregator returns an empty Aggregator. The error wraps ErrAggregatorOptions.
func NewAggregator(o AggregatorOptions) (*Aggregator, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	spread := newSpread(o)
	n := spread.tables()
	a := &Aggregator{
		options: o,
		spread:  spread,
		tables:  make([]messageTable, n),
		alarms:  make([]alarms, n),
		batches: sync.Pool{New: func() any { return new(batch) }},
	}
	limits := &limits{
		window:   int64(o.Window / time.Microsecond),
		retain:   int64(o.Retain / time.Microsecond),
		stations: o.MaxStations,
		messages: uint64(o.MaxMessages),
		hash:     spread.hash,
		room:     &room{tables: a.tables, left: o.MaxMessages/chunkSize + 2*n},
	}
	for i := range a.tables {
		a.tables[i].init(limits, &a.alarms[i])
	}
	return a, nil
}

// Add takes a frame that was received at now; a now that goes back is taken for
// the latest one. It allocates nothing but room for more messages than were held
// before.
func (a *Aggregator) Add(now time.Time, f Frame) Verdict {
	start := a.start.Load()
	if start == nil {
		start = a.begin(now)
	}
	var arr arrival // filled in field by field, which spares a copy
	arr.Frame = &f
	arr.at = micros(now, start)
	arr.hash = a.spread.hash.sum(f.Device, f.Seq)
	arr.tag = tagOf(arr.hash)
	arr.time = seconds(f.Time)
	arr.station, arr.rssi, arr.snr = f.Station, hundredths(f.RSSI), hundredths(f.SNR)
	arr.rep = 1 << min(f.Repetition, repBits-1)
	t := &a.tables[a.spread.table(arr.hash, arr.time)]
	t.mu.Lock()
	v := t.add(&arr)
	t.mu.Unlock()
	return v
}

// micros returns now in microseconds since the start. It uses the monotonic
// reading if there is one, so a step of the wall clock does not matter.
func micros(now time.Time, start *time.Time) int64 {
	return int64(now.Sub(*start)) / int64(time.Microsecond)
}

// begin makes now the start, unless there is one, and returns the start. The zero time is
// further from the present than a Duration can tell: no window would end.
func (a *Aggregator) begin(now time.Time) *time.Time {
	if epoch := time.Unix(0, 0); now.Before(epoch) {
		now = epoch
	}
	a.start.CompareAndSwap(nil, &now)
	return a.start.Load()
}
