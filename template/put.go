package template

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
)

// putting is how a value is put where it belongs.
type putting uint8

const (
	putNothing    putting = iota // not at all, but asked for by name
	putPlain                     // text for JSON strings
	putUnreserved                // text for URLs
	putTime
	putDevice
	putPayload
	putSeqNumber
	putOther // numbers, booleans and ids of other types
)

// puttingOf returns how to put a value of the type of like in the place of s.
func (s *segment) puttingOf(like any) putting {
	isString := s.mode == modeBare && s.kind == KindString
	if s.mode == modeGroup || isString || len(s.lit.text) > arrayBytes {
		return putNothing
	}
	switch like.(type) {
	case *time.Time:
		return putTime
	case *sigfox.Opt[sigfox.SeqNumber]:
		return putSeqNumber
	case *sigfox.Opt[int], *sigfox.Opt[float64], *sigfox.Opt[bool], *sigfox.Opt[sigfox.LinkQuality]:
		return putOther
	}
	if s.mode == modeBare {
		return putNothing // it is to be checked, and to be quoted if it is no number
	}
	switch like.(type) {
	case *sigfox.DeviceID:
		return putDevice
	case *sigfox.Payload:
		return putPayload
	case *sigfox.Opt[sigfox.StationID]:
		return putOther
	case *string:
		return textPuttings[s.mode]
	default:
		return putNothing
	}
}

// textPuttings are those of strings, which are asked for by name where they stand in other
// places.
var textPuttings = [...]putting{modeString: putPlain, modePercent: putUnreserved, modeLine: putNothing}

// maxPut is how many bytes a put function may write, and room what putValues needs: the
// literal stands before them.
const (
	maxPut = 2 * sigfox.MaxPayload
	room   = 2*arrayBytes + maxPut
)

// putValues writes the segments from s on, up to the first one that needs more: whose
// value is missing, has to be escaped or is not where the layout says, or for which there
// is no room. It returns that one. It may write behind the end of the text.
//
// It is one long switch because calls are most of what rendering costs. A put function
// returns how many bytes it wrote, 0 if it leaves the value to the general way.
func (t *Template) putValues(dst []byte, s *segment, src Source) ([]byte, *segment) {
	source, ok := src.(ValueSource)
	if !ok {
		return dst, s
	}
	layout, values := source.Values()
	if layout != t.layout || len(values) != layout.size {
		return dst, s
	}
	buf, p := dst[:cap(dst)], uint(len(dst))
	for ; s != nil && p+room <= uint(len(buf)); s = s.next {
		b := (*[room]byte)(buf[p : p+room])
		*(*[arrayBytes]byte)(b[:]) = s.lit.bytes
		length := uint(len(s.lit.text)) % (2 * arrayBytes) // it is at most arrayBytes
		to := (*[maxPut]byte)(b[length:])
		p += length
		n := 0
		value := values[s.value]
		switch s.put {
		case putPlain:
			if v, ok := value.(*string); ok {
				n = putText(to, *v)
			}
		case putTime:
			if v, ok := value.(*time.Time); ok && !v.IsZero() {
				n = putUint(to, uint64(v.Unix()))
			}
		case putDevice:
			if v, ok := value.(*sigfox.DeviceID); ok {
				n = putHex(to, uint32(*v))
			}
		case putPayload:
			if v, ok := value.(*sigfox.Payload); ok {
				n = putBytes(to, v)
			}
		case putSeqNumber:
			if v, ok := value.(*sigfox.Opt[sigfox.SeqNumber]); ok && v.Present() {
				n = putUint(to, uint64(v.Or(0)))
			}
		case putUnreserved:
			if v, ok := value.(*string); ok {
				n = putSet(to, *v, &isUnreserved)
			}
		case putOther:
			n = putValue(to, value)
		case putNothing:
		}
		if n == 0 {
			p -= length
			break
		}
		p += uint(n)
	}
	return buf[:p], s
}

// putValue puts values of the less frequent types.
func putValue(to *[maxPut]byte, value any) (n int) {
	text := to[:0]
	switch v := value.(type) {
	case *sigfox.Opt[float64]:
		if f, ok := v.Get(); ok {
			return putFloat(to, f)
		}
	case *sigfox.Opt[int]:
		if i, ok := v.Get(); ok {
			text = strconv.AppendInt(text, int64(i), 10)
		}
	case *sigfox.Opt[sigfox.LinkQuality]:
		if q, ok := v.Get(); ok {
			text = strconv.AppendUint(text, uint64(q), 10)
		}
	case *sigfox.Opt[bool]:
		if b, ok := v.Get(); ok {
			text = strconv.AppendBool(text, b)
		}
	case *sigfox.Opt[sigfox.StationID]:
		if id, ok := v.Get(); ok {
			text, _ = id.AppendText(text)
		}
	}
	return len(text)
}

// putText puts a text that JSON strings do not escape. Words that overlap spare it a loop.
func putText(to *[maxPut]byte, text string) (n int) {
	n = len(text)
	var found uint64
	switch {
	case n < 4 || n > maxPut:
		return putSet(to, text, &isPlain)
	case n < 8:
		first, last := load4(text), load4(text[n-4:])
		binary.LittleEndian.PutUint32(to[:], first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
		found = special(uint64(first) | uint64(last)<<32)
	default:
		first, last := loadText(text), loadText(text[n-8:])
		binary.LittleEndian.PutUint64(to[:], first)
		found = special(first) | special(last)
		if n > 16 {
			middle := loadText(text[8:])
			binary.LittleEndian.PutUint64(to[8:], middle)
			found |= special(middle)
		}
		binary.LittleEndian.PutUint64(to[n-8:], last)
	}
	if found != 0 {
		return 0
	}
	return n
}

// putSet puts a text if all its bytes are in set.
func putSet(to *[maxPut]byte, text string, set *[256]bool) (n int) {
	if len(text) > maxPut {
		return 0
	}
	for i := range len(text) {
		c := text[i]
		if !set[c] {
			return 0
		}
		to[i] = c
	}
	return len(text)
}
