package callback

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// follow reads plain values into the targets of s and the steps behind it, for as long as
// each stands behind the text of its step. It returns the first step that it did not read,
// and where the value before ends, without its quote: whether it ends there indeed is known
// when the next text is found behind it. It returns nil, and the offset after the object, if
// it has read the end of the plan.
func (r *reader) follow(s *step, data []byte, pos int) (next *step, end int) {
	for s != nil {
		var at int
		if s, pos, at = followPlain(s, data, uint(pos)); s == nil {
			break
		}
		if at > 0 {
			pos = at - len(s.text)
		} else if s.startsAt(data, pos) {
			at = pos + len(s.text)
		}
		switch {
		case at == 0:
			return r.leaveLocation(s, pos)
		case s.kind == kindLocation && len(s.inner.steps) > 0:
			s, pos = s.enterLocation(at), at
			continue
		case s.kind >= kindTime && s.reshape(data, uint(at)):
			continue
		}
		if end = r.readUnusual(s, data, at); end == 0 {
			return r.leaveLocation(s, pos)
		}
		s, pos = s.next, end
	}
	return nil, pos
}

// reshape makes the shape of s that of the number at offset at. It returns false if it is
// that already, or if there is none.
func (s *step) reshape(data []byte, at uint) bool {
	h := shapeAt(data, at, s.kind == kindFloat)
	if h == nil || h == s.shape {
		return false
	}
	s.shape = h
	return true
}

// enterLocation returns the first step of the location that s expects at offset at. The
// steps behind the location are those behind s.
func (s *step) enterLocation(at int) (first *step) {
	p := s.inner
	s.location.Init()
	p.outer, p.outerAt, p.close.next = s, at, s.next
	return &p.steps[0]
}

// leaveLocation returns what follow does when it ends at s: if that is inside a location,
// the step of the location.
func (r *reader) leaveLocation(s *step, pos int) (next *step, end int) {
	p := &r.loc.plan
	if p.outer == nil || s != p.from(s.index) && s != &p.close {
		return s, pos
	}
	p.outer.location.Clear()
	return p.outer, p.outerAt - len(p.outer.text)
}

// followPlain is follow for values that are as long as the last ones, which most are. It
// returns the first step that it leaves, and where the value of that stands; 0 if it did not
// find its text, and then where the value before ends.
//
// It is written for the processor: it calls nothing, so that all it needs stays in
// registers, and where a value ends does not depend on what is in it.
func followPlain(s *step, data []byte, from uint) (next *step, end, value int) {
	data = slices.Clip(data) // slices of it are cheaper so
	for pos := from; ; s = s.next {
		at := pos + s.length
		switch {
		case at > uint(len(data)):
			return s, int(pos), 0
		case at >= pairBytes:
			if s.differs(data[at-16:at], 0) ||
				s.length > pairBytes && (s.length > literalBytes || at < literalBytes || s.differs(data[at-32:at], 2)) {
				return s, int(pos), 0
			}
		case len(data) < pairBytes:
			return s, int(pos), 0
		default: // the end of the first text, before which there are not as many bytes
			before := binary.LittleEndian.Uint64(data)
			last := before << (64 - 8*at)
			if at >= wordBytes {
				last, before = binary.LittleEndian.Uint64(data[at-8:at]), before<<(128-8*at)
			}
			if (last^s.words[0])&s.literal.cover[0]|(before^s.words[1])&s.literal.cover[1] != 0 {
				return s, int(pos), 0
			}
		}
		kind := s.kind
		switch {
		case kind >= kindTime:
			shape := s.shape
			end := at + shape.chars
			if end >= uint(len(data)) || end < pairBytes || data[end]-'.' <= '9'-'.' {
				break // at the end of the text, or longer
			}
			var number uint64
			digits, wrong := shape.digits(binary.LittleEndian.Uint64(data[end-8:end]), 0)
			if shape.chars <= wordBytes {
				if wrong&topBits != 0 {
					break
				}
				after := digits & shape.after[0]
				number = wire.EightDigits(after | (digits^after)<<8) // without the point
			} else {
				front, wrongFront := shape.digits(binary.LittleEndian.Uint64(data[end-16:end]), 1)
				if (wrong|wrongFront)&topBits != 0 {
					break
				}
				after, afterFront := digits&shape.after[0], front&shape.after[1]
				before := front ^ afterFront
				number = wire.EightDigits(afterFront|before<<8)*1e8 + wire.EightDigits(after|(digits^after)<<8|before>>56)
			}
			if kind == kindFloat {
				*s.float = sigfox.Some(float64(int64(number)) / shape.scale)
				pos = end
				continue
			}
			if number > s.limit || kind == kindSeqNumber && shape.chars == seqNumberHex && number < 1000 {
				break
			}
			switch kind {
			case kindTime:
				*s.time = time.Unix(int64(number), 0).UTC()
			case kindInteger:
				*s.integer = sigfox.Some(int(number))
			case kindSeqNumber:
				*s.seq = sigfox.Some(sigfox.SeqNumber(number))
			case kindLinkQuality:
				*s.quality = sigfox.Some(sigfox.LinkQuality(number))
			case kindSource:
				*s.source = sigfox.Some(LocationSource(number))
			case kindStatus:
				*s.status = sigfox.Some(LocationStatus(number))
			case kindInfoCode:
				*s.info = sigfox.Some(downlink.InfoCode(number))
			default: // kindBucket
				*s.bucket = sigfox.Some(Bucket(number))
			}
			pos = end
			continue
		case kind == kindString:
			end := at + s.last.length
			if end > uint(len(data)) || end < pairBytes || s.last.differs(data[end-16:end], 0) ||
				s.last.length > pairBytes && (end < literalBytes || s.last.differs(data[end-32:end], 2)) {
				break
			}
			*s.str = s.lastString
			pos = end - 1
			continue
		case kind == kindDevice || kind == kindStation:
			if at+wordBytes >= uint(len(data)) {
				break
			}
			values, wrong := wire.HexValues(binary.LittleEndian.Uint64(data[at : at+wordBytes]))
			n := uint(bits.TrailingZeros64(wrong)) / 8
			end := at + n
			if n == 0 || end >= uint(len(data)) || data[end] != '"' {
				break
			}
			id := bits.ReverseBytes32(wire.HexBytes(values << ((64 - 8*n) & 63)))
			if kind == kindDevice {
				*s.device = sigfox.DeviceID(id)
			} else {
				*s.station = sigfox.Some(sigfox.StationID(id))
			}
			pos = end
			continue
		case kind == kindPayload:
			end, most := at+s.payloadDigits, at+2*sigfox.MaxPayload
			if end >= uint(len(data)) || data[end] != '"' || most > uint(len(data)) || most < 24 {
				break
			}
			a, wrongA := wire.HexValues(binary.LittleEndian.Uint64(data[most-24 : most]))
			b, wrongB := wire.HexValues(binary.LittleEndian.Uint64(data[most-16 : most]))
			c, wrongC := wire.HexValues(binary.LittleEndian.Uint64(data[most-8 : most]))
			if wrongA&s.payloadBits[0]|wrongB&s.payloadBits[1]|wrongC&s.payloadBits[2] != 0 {
				break
			}
			first := uint64(wire.HexBytes(a)) | uint64(wire.HexBytes(b))<<32
			s.payload.SetWords(int(s.payloadDigits/2), bits.ReverseBytes64(first), bits.ReverseBytes32(wire.HexBytes(c)))
			pos = end
			continue
		case kind == kindClose:
			if s.next == nil {
				return nil, int(at), 0
			}
			pos = at
			continue
		}
		return s, 0, int(at)
	}
}

// readUnusual reads what followPlain leaves, as the general path does: the other types,
// long numbers, negative integers, new strings. It returns the offset after the value, 0
// if it is not plain.
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
	if s.kind == kindPayload {
		s.rememberPayload(end - at)
	}
	return end
}

// scan reads the value of the step at offset at into m, and returns the offset after it,
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
