package callback

import (
	"bytes"
	"math"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// readExpected is the short cut of reading JSON: it reads the object at offset pos of
// data if it looks like the last object of o, with plain values, and returns the offset
// behind it. Otherwise it returns 0, and o is where the short cut ended: all else, and
// every error, is left to the general path, Next and assign, which would have read the
// same. seen has a bit for each tag that was met.
func (r *reader) readExpected(o *wire.Object, data []byte, pos int) (end int, seen uint64) {
	steps := o.Steps()
	n, end := r.follow(steps, data, pos)
	if n > 0 {
		seen = steps[n-1].Seen
		if n == len(steps) && startsWith(data, end, '}') {
			return end + 1, seen
		}
	}
	o.Reset(data, pos)
	o.Accept(n, end)
	return 0, seen
}

// readMore takes the short cut again, behind the members that o has read.
func (r *reader) readMore(o *wire.Object) (seen uint64) {
	data, steps := o.Expected()
	n, end := r.follow(steps, data, o.Pos())
	o.Accept(n, end)
	return tags(steps[:n])
}

// tags returns a bit for the tag of each step.
func tags(steps []wire.Step) (bits uint64) {
	for i := range steps {
		bits |= 1 << (steps[i].Tag % 64)
	}
	return bits
}

// follow reads plain values into the targets of steps, for as long as each stands behind
// the text of its step. It returns how many, and where the last one ends. It is one long
// switch because calls are most of what reading a value costs; the scan functions in it
// return the offset behind the value, or 0 if it is not plain.
func (r *reader) follow(steps []wire.Step, data []byte, pos int) (n, end int) {
	data = slices.Clip(data) // slices of it are cheaper so
	for i := range steps {
		s := &steps[i]
		if s.Fast(len(data) - pos) { // most are, and this needs no call
			if !s.StartsFast(data[pos:]) {
				return i, pos
			}
		} else if !s.Starts(data[pos:]) {
			return i, pos
		}
		at, end := pos+s.Len(), 0
		var v wire.Number
		switch p := s.Target.(type) {
		case *sigfox.Opt[float64]:
			if v, end = wire.ScanNumber(data, at); end > 0 {
				*p = sigfox.Some(v.Float())
			}
		case *time.Time:
			v, end = wire.ScanNumber(data, at)
			end = keepTime(p, v, end)
		case *sigfox.Opt[sigfox.SeqNumber]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, decimalSeqNumber(v))
		case *sigfox.Opt[int]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxInt32)
		case *sigfox.Opt[sigfox.LinkQuality]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxUint8)
		case *sigfox.Opt[LocationSource]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxInt32)
		case *sigfox.Opt[LocationStatus]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxInt32)
		case *sigfox.Opt[downlink.InfoCode]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxUint8)
		case *sigfox.Opt[Bucket]:
			v, end = wire.ScanNumber(data, at)
			end = keepInt(p, v, end, math.MaxUint8)
		case *sigfox.DeviceID:
			if id, e := wire.ScanHex(data, at); e > 0 && id <= math.MaxUint32 {
				*p, end = sigfox.DeviceID(id), e
			}
		case *sigfox.Opt[sigfox.StationID]:
			if id, e := wire.ScanHex(data, at); e > 0 && id <= math.MaxUint32 {
				*p, end = sigfox.Some(sigfox.StationID(id)), e
			}
		case *sigfox.Payload:
			if text := hexText(data, at); len(text) > 0 && p.UnmarshalText(text) == nil {
				end = at + len(text) + 2
			}
		case *string:
			end = r.scanString(p, s.Tag, data, at)
		case *LQI:
			end = r.scanString((*string)(p), s.Tag, data, at)
		case *sigfox.Opt[Location]:
			p.Init()
			if end, _ = r.readExpected(&r.loc.object, data, at); end == 0 {
				p.Clear()
			}
		default:
			end = r.scanOther(p, s.Tag, data, at)
		}
		if end == 0 {
			return i, pos
		}
		pos = end
	}
	return len(steps), pos
}

// scanOther reads the values of the less frequent types.
func (r *reader) scanOther(slot any, tag uint8, data []byte, at int) (end int) {
	switch p := slot.(type) {
	case *[]Duplicate:
		if startsWith(data, at, '[') {
			if e, err := r.duplicatesAt(p, data, at, 0); err == nil {
				end = e
			}
		}
	case *Bidir:
		if text := hexText(data, at); p.setDevice(text) == nil {
			end = at + len(text) + 2
		}
	case *Severity:
		return r.scanString((*string)(p), tag, data, at)
	case *sigfox.Opt[bool]:
		var v bool
		if v, end = wire.ScanBool(data, at); end > 0 {
			*p = sigfox.Some(v)
		}
	}
	return end
}

// keepInt stores v, which ends at offset end, if it is a whole number up to limit.
func keepInt[T ~int | ~uint8 | ~uint16](p *sigfox.Opt[T], v wire.Number, end int, limit uint64) int {
	if end == 0 || v.Decimals > 0 || uint64(v.Mantissa) > limit {
		return 0
	}
	*p = sigfox.Some(T(v.Mantissa))
	return end
}

// decimalSeqNumber returns the limit of a sequence number; four digits that start with
// 0 are hex and left to parseSeqNumber.
func decimalSeqNumber(v wire.Number) (limit uint64) {
	if v.Digits == 4 && v.Mantissa < 1000 {
		return 0
	}
	return uint64(sigfox.MaxSeqNumber)
}

// keepTime stores v, which ends at offset end, if it is a whole number that is a time.
func keepTime(p *time.Time, v wire.Number, end int) int {
	if end == 0 || v.Decimals > 0 {
		return 0
	}
	t, err := wire.Time(v.Mantissa)
	if err != nil {
		return 0
	}
	*p = t
	return end
}

// hexText returns the content of the string at offset at, nil if there is none. It
// does not look for escapes, since hex digits have none.
func hexText(data []byte, at int) []byte {
	if at == len(data) || data[at] != '"' {
		return nil
	}
	text := data[at+1:]
	return text[:max(bytes.IndexByte(text, '"'), 0)]
}

// scanString tries the last text of the variable first: the names of operators and words
// come again.
func (r *reader) scanString(p *string, tag uint8, data []byte, at int) (end int) {
	last := r.last[tag]
	end = at + 1 + len(last)
	if last != "" && end < len(data) && data[end] == '"' && data[at] == '"' && string(data[at+1:end]) == last {
		*p = last
		return end + 1
	}
	text, ok := wire.ScanText(data, at)
	if !ok || wire.Absent(text) {
		return 0
	}
	s, err := r.strings.intern(text)
	if err != nil {
		return 0
	}
	if len(s) <= maxInterned {
		r.last[tag] = s
	}
	*p = s
	return at + len(text) + 2
}
