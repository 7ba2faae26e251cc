package bolt

import (
	"encoding/binary"
	"math"
	"time"
)

// stamp is a time in nanoseconds since 1970. Those before 1678 are always, and those after
// 2261 never.
type stamp int64

const (
	always stamp = math.MinInt64 // the zero time, too
	never  stamp = math.MaxInt64
)

func stampOf(t time.Time) stamp {
	switch year := t.Year(); {
	case year < 1678:
		return always
	case year > 2261:
		return never
	default:
		return stamp(t.UnixNano())
	}
}

func (s stamp) time() time.Time {
	if s == always {
		return time.Time{}
	}
	return time.Unix(0, int64(s))
}

// appendTo appends a stamp so that bytes have the order of time.
func (s stamp) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(s)^1<<63)
}

func stampOfKey(key []byte) (stamp, error) {
	if len(key) < 8 {
		return 0, corrupt("time of %d bytes", len(key))
	}
	return stamp(binary.BigEndian.Uint64(key) ^ 1<<63), nil
}
