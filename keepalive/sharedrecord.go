package keepalive

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// record is what a SharedMonitor stores of a device. Times are Unix milliseconds.
type record struct {
	last  int64 // its last message
	delay int64 // in milliseconds, or recordDefault or recordOff
	alert alertState
	// Of an alert that is owed, which may be of an earlier silence than the present one:
	silence int64 // the last message before it
	allowed int64 // the delay, in milliseconds
	until   int64 // others may claim it from then on
	token   uint64
}

const (
	recordDefault = -1
	recordOff     = 0
)

// alertState is what is known of the alert for a device.
type alertState byte

const (
	alertNone  alertState = iota
	alertGiven            // for the silence since last
	alertOwed             // it was claimed and is not known to have been given
)

// A record is stored as
//
//	version byte, alert state byte
//	last, delay                        varints
//	silence, allowed, until, token     3 varints and 8 bytes, if an alert is owed
const (
	recordVersion = 1
	maxMillis     = 1 << 48 // year 10889
	maxDelayMs    = math.MaxInt64 / int64(time.Millisecond)
)

func (r *record) append(dst []byte) []byte {
	dst = append(dst, recordVersion, byte(r.alert))
	dst = binary.AppendVarint(dst, r.last)
	dst = binary.AppendVarint(dst, r.delay)
	if r.alert == alertOwed {
		dst = binary.AppendVarint(dst, r.silence)
		dst = binary.AppendVarint(dst, r.allowed)
		dst = binary.AppendVarint(dst, r.until)
		dst = binary.LittleEndian.AppendUint64(dst, r.token)
	}
	return dst
}

// decodeRecord reads what append has written. The error wraps store.ErrCorrupt.
func decodeRecord(value []byte) (r record, err error) {
	if len(value) < 2 {
		return r, fmt.Errorf("%w: state of %d bytes", store.ErrCorrupt, len(value))
	}
	if value[0] != recordVersion {
		return r, fmt.Errorf("%w: state has version %d, not %d", store.ErrCorrupt, value[0], recordVersion)
	}
	d := recordReader{rest: value[2:]}
	r.alert = alertState(value[1])
	r.last = d.varint(-maxMillis, maxMillis)
	r.delay = d.varint(recordDefault, maxDelayMs)
	switch r.alert {
	case alertNone, alertGiven:
	case alertOwed:
		r.silence = d.varint(-maxMillis, r.last)
		r.allowed = d.varint(1, maxDelayMs)
		r.until = d.varint(-maxMillis, maxMillis)
		r.token = d.uint64()
	default:
		d.bad = true
	}
	if d.bad || len(d.rest) > 0 {
		return record{}, fmt.Errorf("%w: state %.64x", store.ErrCorrupt, value)
	}
	return r, nil
}

type recordReader struct {
	rest []byte
	bad  bool
}

func (d *recordReader) varint(least, most int64) int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 || v < least || v > most {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *recordReader) uint64() uint64 {
	if len(d.rest) < 8 {
		d.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return v
}

// hear notes a message. It reports whether that is news. An alert that is owed stays so.
func (r *record) hear(ms int64) bool {
	if ms <= r.last {
		return false
	}
	r.last = ms
	if r.alert == alertGiven {
		r.alert = alertNone
	}
	return true
}

// silent reports whether the present silence needs no alert any more, or has one owed.
func (r *record) silent() bool {
	return r.alert == alertGiven || r.alert == alertOwed && r.silence == r.last
}

// next returns when there is an alert to claim; zero if a message must come first.
func (r *record) next(o Options, grace time.Duration) time.Time {
	delay := r.delayOf(o)
	switch {
	case r.alert == alertOwed:
		return time.UnixMilli(r.until)
	case r.alert == alertGiven || delay == 0:
		return time.Time{}
	}
	return time.UnixMilli(r.last).Add(delay).Add(grace)
}

// delayOf returns the delay in whole ticks, 0 if it is off.
func (r *record) delayOf(o Options) time.Duration {
	d := o.Delay
	if r.delay != recordDefault {
		d = time.Duration(r.delay) * time.Millisecond
	}
	ticks := min(int64(ceilDiv(d, o.Resolution)), longest(o.Resolution))
	return time.Duration(ticks) * o.Resolution
}

// ticks returns the delay as a Monitor keeps it.
func (r *record) ticks(o Options) uint32 {
	if r.delay == recordDefault {
		return delayDefault
	}
	return uint32(r.delayOf(o) / o.Resolution)
}

// claim makes the alert that is due the one of a holder, until the lease ends.
func (r *record) claim(o Options, token uint64, until time.Time) {
	if r.alert != alertOwed {
		r.silence, r.allowed = r.last, r.delayOf(o).Milliseconds()
	}
	r.alert, r.token, r.until = alertOwed, token, until.UnixMilli()
}

// settle ends a claim: the alert was given, or is owed to whoever claims it from again on.
func (r *record) settle(given bool, again time.Time) {
	switch {
	case !given:
		r.until = again.UnixMilli()
		r.token = 0
		return
	case r.silence == r.last:
		r.alert = alertGiven
	default:
		r.alert = alertNone
	}
	r.silence, r.allowed, r.until, r.token = 0, 0, 0, 0
}
