package callback

import (
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// readExpected is the short cut of reading JSON: it reads members of o for as long
// as they are those of the last object with plain values, and returns a bit for
// each tag that it met. It stops at whatever else it finds; the slow path goes on
// from there.
func (r *reader) readExpected(o *wire.Object, slot []any) (seen uint64) {
	data, steps, pos := r.data, o.Expected(), o.Pos()
	for i := range steps {
		s := &steps[i]
		at := s.After(data, pos)
		if at == 0 || at+1 >= len(data) {
			o.Accept(i, pos)
			return seen
		}
		end := 0
		c := data[at]
		if quoted := c == '"'; !quoted && c-'0' > 9 && c != '-' {
			end = r.word(slot[s.Tag], at)
		} else if n, length := wire.ScanNumber(data[at:], quoted); length > 0 && store(slot[s.Tag], n) {
			end = at + length
		} else if quoted {
			end = r.text(slot[s.Tag], at+1)
		}
		if end == 0 {
			o.Accept(i, pos)
			return seen
		}
		pos = end
		seen |= 1 << s.Tag
	}
	o.Accept(len(steps), pos)
	return seen
}

// store stores a number in a field of numeric type, if it is in its range.
func store(slot any, n wire.Number) bool {
	switch p := slot.(type) {
	case *sigfox.Opt[float64]:
		*p = sigfox.Some(n.Float())
		return true
	case *time.Time:
		if n.Decimals > 0 || n.Mantissa < 0 {
			return false
		}
		t, err := wire.Time(n.Mantissa)
		if err != nil {
			return false
		}
		*p = t
		return true
	case *sigfox.Opt[sigfox.SeqNumber]:
		// Hex is left to parseSeqNumber.
		return (n.Digits != 4 || n.Mantissa >= 1000) && storeInt(p, n, int64(sigfox.MaxSeqNumber))
	case *sigfox.Opt[int]:
		return storeInt(p, n, math.MaxInt32)
	case *sigfox.Opt[sigfox.LinkQuality]:
		return storeInt(p, n, math.MaxUint8)
	case *sigfox.Opt[LocationSource]:
		return storeInt(p, n, math.MaxInt32)
	case *sigfox.Opt[LocationStatus]:
		return storeInt(p, n, math.MaxInt32)
	case *sigfox.Opt[downlink.InfoCode]:
		return storeInt(p, n, math.MaxUint8)
	case *sigfox.Opt[Bucket]:
		return storeInt(p, n, math.MaxUint8)
	default:
		return false
	}
}

func storeInt[T ~int | ~uint8 | ~uint16](p *sigfox.Opt[T], n wire.Number, limit int64) bool {
	if n.Decimals > 0 || n.Mantissa < 0 || n.Mantissa > limit {
		return false
	}
	*p = sigfox.Some(T(n.Mantissa))
	return true
}

// text reads the string whose content starts at offset at and returns where it
// ends, behind the quote, or 0.
func (r *reader) text(slot any, at int) (end int) {
	if slot == nil {
		return 0
	}
	end = wire.PlainString(r.data, at)
	if end == len(r.data) || r.data[end] != '"' {
		return 0
	}
	m := &r.textMember
	m.Text = r.data[at:end]
	if wire.Absent(m.Text) || r.assign(slot, m) != nil {
		return 0
	}
	return end + 1
}

// word reads true, false or the object of a location at offset at and returns where
// it ends, or 0.
func (r *reader) word(slot any, at int) (end int) {
	switch p := slot.(type) {
	case *sigfox.Opt[Location]:
		if r.data[at] == '{' && r.locationAt(p, r.data, at, 0) == nil {
			return r.loc.object.Pos()
		}
	case *sigfox.Opt[bool]:
		if v, n := wire.ScanBool(r.data[at:]); n > 0 {
			*p = sigfox.Some(v)
			return at + n
		}
	}
	return 0
}
