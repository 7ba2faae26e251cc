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

// follow reads plain values into the targets of s and the steps behind it, for as long as
// each stands behind the text of its step. It returns the first step that it did not read,
// nil if there is none, and where the value before ends, without its quote: whether it ends
// there indeed is known when the next text is found behind it.
//
// It is written for the processor. What most values are is read here, without a call:
// numbers without a sign, ids of devices, and strings that come again.
func (r *reader) follow(s *step, data []byte, pos int) (next *step, end int) {
	data = slices.Clip(data) // slices of it are cheaper so
	for ; s != nil; s = s.next {
		length := len(s.text)
		switch rest := len(data) - pos; {
		case length <= pairBytes && rest >= pairBytes:
			if s.differs((*[pairBytes]byte)(data[pos:]), 0) {
				return s, pos
			}
		case length <= 2*pairBytes && rest >= 2*pairBytes:
			if s.differs((*[pairBytes]byte)(data[pos:]), 0) || s.differs((*[pairBytes]byte)(data[pos+pairBytes:]), 2) {
				return s, pos
			}
		case !bytes.HasPrefix(data[pos:], s.text):
			return s, pos
		}
		at := pos + length
		switch {
		case s.kind >= kindFloat:
			if at >= len(data) {
				break
			}
			first := uint64(data[at]) ^ '0'
			if first > 9 {
				break
			}
			number, end := wire.ScanDigits(data, at+1, first)
			if s.kind == kindFloat {
				decimals := 0
				if end < len(data) && data[end] == '.' {
					point := end + 1
					end = point
					if len(data)-point >= 8 && data[point+2]^'0' <= 9 { // not just one or two
						number, end = wire.AppendDigits(number, binary.LittleEndian.Uint64(data[point:]))
						end += point
					}
					number, end = wire.ScanDigits(data, end, number)
					decimals = end - point
				}
				if end-at > wire.MaxDigits {
					break
				}
				*s.float = sigfox.Some(wire.Number{Mantissa: int64(number), Decimals: decimals}.Float())
				pos = end
				continue
			}
			if end-at > maxIntegerDigits || number > s.limit || end-at == seqNumberHex && first == 0 {
				break
			}
			switch p := s.target.(type) {
			case *sigfox.Opt[int]:
				*p = sigfox.Some(int(number))
			case *sigfox.Opt[sigfox.SeqNumber]:
				*p = sigfox.Some(sigfox.SeqNumber(number))
			case *sigfox.Opt[sigfox.LinkQuality]:
				*p = sigfox.Some(sigfox.LinkQuality(number))
			case *sigfox.Opt[LocationSource]:
				*p = sigfox.Some(LocationSource(number))
			case *sigfox.Opt[LocationStatus]:
				*p = sigfox.Some(LocationStatus(number))
			case *sigfox.Opt[downlink.InfoCode]:
				*p = sigfox.Some(downlink.InfoCode(number))
			case *sigfox.Opt[Bucket]:
				*p = sigfox.Some(Bucket(number))
			}
			pos = end
			continue
		case s.kind == kindString:
			if len(data)-at < 2*pairBytes || s.last.differs((*[pairBytes]byte)(data[at:]), 0) ||
				len(s.last.text) > pairBytes && s.last.differs((*[pairBytes]byte)(data[at+pairBytes:]), 2) {
				break
			}
			*s.str = s.lastString
			pos = at + len(s.lastString)
			continue
		case s.kind == kindPayload:
			if end = s.readPayload(data, at); end > 0 {
				pos = end
				continue
			}
		case s.kind == kindLocation:
			if end = r.followLocation(s.location, data, at); end > 0 {
				pos = end
				continue
			}
			return s, pos
		case s.kind == kindDevice:
			id, end := wire.ScanHex(data, at)
			if end == 0 || id > math.MaxUint32 {
				break
			}
			*s.device = sigfox.DeviceID(id)
			pos = end
			continue
		case s.kind == kindTime:
			if len(data)-at < 8 {
				break
			}
			seconds, n := wire.LeadingDigits(binary.LittleEndian.Uint64(data[at:]))
			if n != 8 {
				break
			}
			seconds, end := wire.ScanDigits(data, at+8, seconds)
			if seconds >= wire.FirstMillis || end-at > wire.MaxDigits {
				break
			}
			*s.time = time.Unix(int64(seconds), 0).UTC()
			pos = end
			continue
		}
		if end = r.readUnusual(s, data, at); end == 0 {
			return s, pos
		}
		pos = end
	}
	return s, pos
}

// readPayload reads a payload that is as long as the last one.
func (s *step) readPayload(data []byte, at int) (end int) {
	end = at + s.digits
	if s.digits == 0 || !startsWith(data, end, '"') || s.payload.UnmarshalText(data[at:end]) != nil {
		return 0
	}
	return end
}

// followLocation reads a location that is an object like the last one.
func (r *reader) followLocation(p *sigfox.Opt[Location], data []byte, at int) (end int) {
	steps := r.loc.plan.steps
	if len(steps) == 0 {
		return 0
	}
	p.Init()
	next, end := r.follow(&steps[0], data, at)
	if next == nil {
		if end, ok := steps[len(steps)-1].valueEnd(data, end); ok && startsWith(data, end, '}') {
			return end + 1
		}
	}
	p.Clear()
	return 0
}

// readUnusual reads what follow leaves, as the general path does: the other types, signs,
// new strings. It returns the offset behind the value, 0 if it is not plain.
func (r *reader) readUnusual(s *step, data []byte, at int) (end int) {
	switch p := s.target.(type) {
	case nil:
		return 0
	case *string:
		return r.readString(s, data, at)
	case *sigfox.Opt[float64]:
		v, end := wire.ScanNumber(data, at)
		if end > 0 {
			*p = sigfox.Some(v.Float())
		}
		return end
	case *sigfox.Opt[sigfox.StationID]:
		id, end := wire.ScanHex(data, at)
		if end == 0 || id > math.MaxUint32 {
			return 0
		}
		*p = sigfox.Some(sigfox.StationID(id))
		return end
	case *sigfox.Opt[bool]:
		v, end := wire.ScanBool(data, at)
		if end > 0 {
			*p = sigfox.Some(v)
		}
		return end
	case *sigfox.Opt[Location]:
		return 0
	case *[]Duplicate:
		if s.quoted || !startsWith(data, at, '[') {
			return 0
		}
		if end, err := r.duplicatesAt(p, data, at, 0); err == nil {
			return end
		}
		return 0
	}
	m := &r.plainMember
	if end = s.scan(m, data, at); end == 0 || m.Absent() || r.assign(s.target, m) != nil {
		return 0
	}
	s.digits = end - at
	return end
}

// scan reads the value of the step at offset at into m, and returns the offset behind it,
// without the quote of a string; 0 if it is none that can be read where it stands.
func (s *step) scan(m *wire.Member, data []byte, at int) (end int) {
	if !s.quoted {
		end = scanWord(data, at)
		m.Kind, m.Text, m.Offset = wire.Bare, data[at:max(at, end)], at
		return end
	}
	text, ok := wire.ScanText(data, at-1)
	if !ok {
		return 0
	}
	m.Kind, m.Text, m.Offset = wire.String, text, at-1
	return at + len(text)
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
		s.remember(v)
	}
	*s.str = v
	return at + len(text)
}
