package callback

import (
	"bytes"
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// readExpected is the short cut of reading JSON: it reads members of o for as long
// as they are those of the last object with plain values, and returns a bit for
// each tag that it met. It stops at whatever else it finds and leaves that, and every
// error, to the general path: Next and assign, which would have read the same.
func (r *reader) readExpected(o *wire.Object, slot []any) (seen uint64) {
	data, steps := o.Expected()
	n, end, seen := r.follow(steps, slot, data, o.Pos())
	o.Accept(n, end)
	return seen
}

// follow reads plain values into the fields that slot points to, for as long as each
// stands behind the text of its step. It returns how many, where the last one ends,
// and a bit for each tag. It is one long switch because calls are most of what reading
// a value costs; the scan functions in it return the offset behind the value, or 0 if
// it is not plain.
func (r *reader) follow(steps []wire.Step, slot []any, data []byte, pos int) (n, end int, seen uint64) {
	for i := range steps {
		s := &steps[i]
		if !s.Starts(data[pos:]) {
			return i, pos, seen
		}
		at, end := pos+s.Len(), 0
		switch p := slot[s.Tag].(type) {
		case *sigfox.Opt[float64]:
			end = scanFloat(p, data, at)
		case *time.Time:
			end = scanTime(p, data, at)
		case *sigfox.Opt[sigfox.SeqNumber]:
			end = scanSeqNumber(p, data, at)
		case *sigfox.Opt[int]:
			end = scanInt(p, data, at, math.MaxInt32)
		case *sigfox.Opt[sigfox.LinkQuality]:
			end = scanInt(p, data, at, math.MaxUint8)
		case *sigfox.Opt[LocationSource]:
			end = scanInt(p, data, at, math.MaxInt32)
		case *sigfox.Opt[LocationStatus]:
			end = scanInt(p, data, at, math.MaxInt32)
		case *sigfox.Opt[downlink.InfoCode]:
			end = scanInt(p, data, at, math.MaxUint8)
		case *sigfox.Opt[Bucket]:
			end = scanInt(p, data, at, math.MaxUint8)
		case *sigfox.DeviceID:
			if text := hexText(data, at); p.UnmarshalText(text) == nil {
				end = at + len(text) + 2
			}
		case *sigfox.Payload:
			if text := hexText(data, at); len(text) > 0 && p.UnmarshalText(text) == nil {
				end = at + len(text) + 2
			}
		case *string:
			end = scanString(r, p, s.Tag, data, at)
		case *LQI:
			end = scanString(r, p, s.Tag, data, at)
		default:
			end = r.scanOther(p, s.Tag, data, at)
		}
		if end == 0 {
			return i, pos, seen
		}
		pos = end
		seen |= 1 << (s.Tag % 64)
	}
	return len(steps), pos, seen
}

// scanOther reads the values of the less frequent types.
func (r *reader) scanOther(slot any, tag uint8, data []byte, at int) (end int) {
	switch p := slot.(type) {
	case *Bidir:
		if text := hexText(data, at); p.setDevice(text) == nil {
			end = at + len(text) + 2
		}
	case *sigfox.Opt[sigfox.StationID]:
		text := hexText(data, at)
		if id, err := parseStation(text); err == nil {
			*p = sigfox.Some(id)
			end = at + len(text) + 2
		}
	case *Severity:
		return scanString(r, p, tag, data, at)
	case *sigfox.Opt[bool]:
		var v bool
		if v, end = wire.ScanBool(data, at); end > 0 {
			*p = sigfox.Some(v)
		}
	case *[]Duplicate:
		if startsWith(data, at, '[') {
			var err error
			if end, err = r.duplicatesAt(p, data, at, 0); err != nil {
				return 0
			}
		}
	case *sigfox.Opt[Location]:
		if startsWith(data, at, '{') && r.locationAt(p, data, at, 0) == nil {
			end = r.loc.object.Pos()
		}
	}
	return end
}

func scanFloat(p *sigfox.Opt[float64], data []byte, at int) (end int) {
	n, end := wire.ScanNumber(data, at)
	if end > 0 {
		*p = sigfox.Some(n.Float())
	}
	return end
}

func scanInt[T ~int | ~uint8](p *sigfox.Opt[T], data []byte, at int, limit uint64) (end int) {
	v, _, end := wire.ScanUint(data, at)
	if end == 0 || v > limit {
		return 0
	}
	*p = sigfox.Some(T(v))
	return end
}

func scanTime(p *time.Time, data []byte, at int) (end int) {
	v, _, end := wire.ScanUint(data, at)
	if end == 0 {
		return 0
	}
	t, err := wire.Time(int64(v))
	if err != nil {
		return 0
	}
	*p = t
	return end
}

// scanSeqNumber leaves hex to parseSeqNumber: four digits that start with 0.
func scanSeqNumber(p *sigfox.Opt[sigfox.SeqNumber], data []byte, at int) (end int) {
	v, digits, end := wire.ScanUint(data, at)
	if end == 0 || v > uint64(sigfox.MaxSeqNumber) || digits == 4 && v < 1000 {
		return 0
	}
	*p = sigfox.Some(sigfox.SeqNumber(v))
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
func scanString[T ~string](r *reader, p *T, tag uint8, data []byte, at int) (end int) {
	last := r.last[tag]
	end = at + 1 + len(last)
	if last != "" && end < len(data) && data[end] == '"' && data[at] == '"' && string(data[at+1:end]) == last {
		*p = T(last)
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
	*p = T(s)
	return at + len(text) + 2
}
