package callback

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// follow reads plain values into the targets of steps, for as long as each stands behind
// the text of its step. It returns how many, and where the last one ends, without its
// quote: whether it ends there indeed is known when the next text is found behind it.
func (r *reader) follow(steps []step, data []byte, pos int) (n, end int) {
	for {
		var value int
		if n, pos, value = followUsual(steps, n, data, pos); value == 0 {
			return n, pos
		}
		s := &steps[n]
		if s.kind == kindOther {
			end = r.readOther(s, data, value)
		} else {
			end = r.readUnusual(s, data, value)
		}
		if end == 0 {
			return n, pos
		}
		n, pos = n+1, end
	}
}

// followUsual is follow from step n on, for what most values are: numbers without a sign,
// ids of devices, and strings that come again. value is the offset of the value of step
// end if that is none of these, 0 if there is another text, or no step.
//
// It is written for the processor: it calls nothing, so that all it works with stays in
// registers.
func followUsual(steps []step, n int, data []byte, pos int) (i, end, value int) {
	data = slices.Clip(data) // slices of it are cheaper so
	for i = n; i < len(steps); i++ {
		s := &steps[i]
		compared := 0
		if len(data)-pos >= wordsText {
			if !s.startsWords(data[pos:]) {
				return i, pos, 0
			}
			compared = wordsText
		} else if len(data)-pos >= 8 {
			if (binary.LittleEndian.Uint64(data[pos:])^s.words[0])&s.mask[0] != 0 {
				return i, pos, 0
			}
			compared = 8
		}
		for ; compared < len(s.text); compared++ {
			if next := pos + compared; uint(next) >= uint(len(data)) || data[next] != s.text[compared] {
				return i, pos, 0
			}
		}
		at := pos + len(s.text)
		switch s.kind {
		case kindOther:
			return i, pos, at
		case kindString:
			if n := len(s.lastString); n == 0 || n >= wordsText || len(data)-at < wordsText || !s.last.startsWords(data[at:]) {
				return i, pos, at
			}
			*s.str = s.lastString
			pos = at + len(s.lastString)
			continue
		case kindDevice:
			id, end := wire.ScanHex(data, at)
			if end == 0 || id > math.MaxUint32 {
				return i, pos, at
			}
			*s.device = sigfox.DeviceID(id)
			pos = end
			continue
		case kindTime:
			if len(data)-at < 8 {
				return i, pos, at
			}
			v, n := wire.LeadingDigits(binary.LittleEndian.Uint64(data[at:]))
			if n != 8 {
				return i, pos, at
			}
			v, end := wire.ScanDigits(data, at+8, v)
			if v >= wire.FirstMillis || end-at > wire.MaxDigits {
				return i, pos, at
			}
			*s.time = time.Unix(int64(v), 0).UTC()
			pos = end
			continue
		case kindFloat, kindInteger: // below, since they have the digits in common
		}
		v, end := wire.ScanDigits(data, at, 0)
		digits := end - at
		if digits == 0 {
			return i, pos, at
		}
		if s.kind == kindFloat {
			decimals := 0
			if uint(end) < uint(len(data)) && data[end] == '.' {
				point := end + 1
				v, end = wire.ScanDigits(data, point, v)
				decimals = end - point
			}
			if digits+decimals > wire.MaxDigits {
				return i, pos, at
			}
			*s.float = sigfox.Some(wire.Number{Mantissa: int64(v), Decimals: decimals}.Float())
			pos = end
			continue
		}
		if digits > wire.MaxDigits {
			return i, pos, at
		}
		switch p := s.target.(type) {
		case *sigfox.Opt[sigfox.SeqNumber]:
			if v > uint64(sigfox.MaxSeqNumber) || digits == 4 && v < 1000 { // hex, left to parseSeqNumber
				return i, pos, at
			}
			*p = sigfox.Some(sigfox.SeqNumber(v))
		case *sigfox.Opt[int]:
			if v > math.MaxInt32 {
				return i, pos, at
			}
			*p = sigfox.Some(int(v))
		case *sigfox.Opt[sigfox.LinkQuality]:
			if v > math.MaxUint8 {
				return i, pos, at
			}
			*p = sigfox.Some(sigfox.LinkQuality(v))
		case *sigfox.Opt[LocationSource]:
			if v > math.MaxInt32 {
				return i, pos, at
			}
			*p = sigfox.Some(LocationSource(v))
		case *sigfox.Opt[LocationStatus]:
			if v > math.MaxInt32 {
				return i, pos, at
			}
			*p = sigfox.Some(LocationStatus(v))
		case *sigfox.Opt[downlink.InfoCode]:
			if v > math.MaxUint8 {
				return i, pos, at
			}
			*p = sigfox.Some(downlink.InfoCode(v))
		case *sigfox.Opt[Bucket]:
			if v > math.MaxUint8 {
				return i, pos, at
			}
			*p = sigfox.Some(Bucket(v))
		}
		pos = end
	}
	return i, pos, 0
}

// readUnusual reads what followUsual leaves of the kinds that it reads: floats with a sign
// or many digits, short times, and new strings.
func (r *reader) readUnusual(s *step, data []byte, at int) (end int) {
	if s.kind == kindString {
		return r.readString(s, data, at)
	}
	v, end := wire.ScanNumber(data, at)
	switch {
	case end == 0:
	case s.kind == kindFloat:
		*s.float = sigfox.Some(v.Float())
	case s.kind == kindTime && v.Decimals == 0:
		t, err := wire.Time(v.Mantissa)
		if err != nil {
			return 0
		}
		*s.time = t
	default:
		return 0
	}
	return end
}

// readOther reads the other types.
func (r *reader) readOther(s *step, data []byte, at int) (end int) {
	switch p := s.target.(type) {
	case *sigfox.Opt[sigfox.StationID]:
		if id, e := wire.ScanHex(data, at); e > 0 && id <= math.MaxUint32 {
			*p, end = sigfox.Some(sigfox.StationID(id)), e
		}
	case *sigfox.Payload:
		if text := quotedText(s, data, at); len(text) > 0 && p.UnmarshalText(text) == nil {
			end = at + len(text)
		}
	case *sigfox.Opt[Location]:
		if s.quoted {
			return 0
		}
		p.Init()
		if end, _ = r.readExpected(&r.loc.object, &r.loc.plan, data, at); end == 0 {
			p.Clear()
		}
	case *[]Duplicate:
		if !s.quoted && startsWith(data, at, '[') {
			if e, err := r.duplicatesAt(p, data, at, 0); err == nil {
				end = e
			}
		}
	case *Bidir:
		if text := quotedText(s, data, at); p.setDevice(text) == nil {
			end = at + len(text)
		}
	case *sigfox.Opt[bool]:
		if v, e := wire.ScanBool(data, at); e > 0 {
			*p, end = sigfox.Some(v), e
		}
	}
	return end
}

// quotedText returns the content of the string at offset at, nil if there is none. It
// does not look for escapes, since hex digits have none.
func quotedText(s *step, data []byte, at int) []byte {
	if !s.quoted {
		return nil
	}
	text := data[at:]
	return text[:max(bytes.IndexByte(text, '"'), 0)]
}

// readString reads a string, comparing it with the last one if that is longer than words.
func (r *reader) readString(s *step, data []byte, at int) (end int) {
	if !s.quoted {
		return 0
	}
	end = at + len(s.lastString)
	if s.lastString != "" && end < len(data) && data[end] == '"' && string(data[at:end]) == s.lastString {
		*s.str = s.lastString
		return end
	}
	text, ok := wire.ScanText(data, at-1)
	if !ok || wire.Absent(text) {
		return 0
	}
	v, err := r.strings.intern(text)
	if err != nil {
		return 0
	}
	if len(v) <= maxInterned {
		s.lastString = v
		s.last.set(data[at : at+len(v)+1])
	}
	*s.str = v
	return at + len(text)
}
