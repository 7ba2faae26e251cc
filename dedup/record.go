package dedup

import (
	"math"

	"github.com/go-sigfox/sigfox"
)

// arrival is a Frame in the units of a record, made before the lock is taken.
type arrival struct {
	*Frame
	at   int64  // receipt, in microseconds since the start
	hash uint64 // of device and sequence number
	tag  uint64 // of the hash, for the index
	time uint32 // of the message, in Unix seconds, 0 for unknown
	rep  uint32 // one bit, for the repetition
	heard
}

// heard is what one station reports of a message: the best RSSI and SNR of its
// frames, in hundredths, so that four stations fit in a record.
type heard struct {
	station   sigfox.StationID
	rssi, snr int16
}

const (
	// inRecord is how many stations a record holds, inSpill how many more each
	// spill line does.
	inRecord = 4
	inSpill  = 7
	// repBits is the width of the set of repetitions that a station received.
	repBits = 4
)

// record is a message, as far as its copies need it: exactly one cache line.
type record struct {
	device   sigfox.DeviceID
	time     uint32
	last     uint32 // receipt of the last copy: lower 32 bits of the microseconds
	seq      sigfox.SeqNumber
	frames   uint16 // copies merged; stays at its largest value
	payload  sigfox.Payload
	stations uint8
	reps     uint16 // repBits for each of heard
	heard    [inRecord]heard
}

// extra is what of a message is read only when its window ends. It lies apart so
// that merging a copy touches one line.
type extra struct {
	first     int64 // receipt of the first copy, in microseconds since the start
	frequency uint32
	spill     uint16 // the spill line of the latest stations, 0 for none
	dropped   uint16 // copies that found no room; stays at its largest value
}

// chunkSize is how many messages are held together.
const chunkSize = 64

// chunk holds messages that came one after the other.
type chunk struct {
	records [chunkSize]record
	extras  [chunkSize]extra
}

// message returns a message, by its number.
func (c *chunk) message(number uint32) (*record, *extra) {
	return &c.records[number%chunkSize], &c.extras[number%chunkSize]
}

// of reports whether the frame is a copy of the message.
func (r *record) of(f *arrival) bool {
	return r.device == f.Device && r.time == f.time && r.seq == f.Seq && r.payload == f.Payload
}

// improve keeps the best of what the station measured.
func (h *heard) improve(f *arrival) {
	h.rssi = max(h.rssi, f.rssi)
	h.snr = max(h.snr, f.snr)
}

// notMeasured stands for NaN. It is below every value, so any value is better.
const notMeasured = math.MinInt16

// hundredths rounds v to two decimals, and to the range of an int16.
func hundredths(v float32) int16 {
	const limit = math.MaxInt16
	switch h := v * 100; {
	case h < 0 && h > -limit:
		return int16(h - 0.5)
	case h >= 0 && h < limit:
		return int16(h + 0.5)
	case h < 0:
		return -limit
	case h >= 0:
		return limit
	default:
		return notMeasured
	}
}

// value is the inverse of hundredths.
func value(h int16) float32 {
	if h == notMeasured {
		return float32(math.NaN())
	}
	return float32(h) / 100
}

// seconds returns t if it fits, else 0 for unknown.
func seconds(t int64) uint32 {
	if uint64(t) > math.MaxUint32 {
		return 0
	}
	return uint32(t)
}

// increment adds one, and stays at the largest value.
func increment(n *uint16) {
	if *n < math.MaxUint16 {
		*n++
	}
}
