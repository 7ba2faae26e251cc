package template_test

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/template"
)

// message is what a sender holds when it renders a callback: typed values, not texts.
type message struct {
	device   uint32
	time     int64
	data     []byte
	seq      uint64
	operator string
	lqi      string
}

func newMessage() *message {
	return &message{
		device: 0x2C30EA, time: 1546929254, data: []byte{0xd6, 0x09, 0x91, 0x23, 0x45, 0x60},
		seq: 424, operator: "SIGFOX_Unabiz", lqi: "Good",
	}
}

// AppendVar implements template.Source.
func (m *message) AppendVar(dst []byte, name string) ([]byte, bool) {
	switch name {
	case "device":
		return appendHexNumber(dst, m.device), true
	case "time":
		return appendUint(dst, uint64(m.time)), true
	case "data":
		return appendHexBytes(dst, m.data), true
	case "seqNumber":
		return appendUint(dst, m.seq), true
	case "operatorName":
		return append(dst, m.operator...), true
	case "lqi":
		return append(dst, m.lqi...), true
	default:
		return dst, false
	}
}

// source is the message as a sender holds it that is made with this module: a
// template.ValueSource of typed values.
type source struct {
	*message
	device        sigfox.DeviceID
	time          time.Time
	data          sigfox.Payload
	seq           sigfox.Opt[sigfox.SeqNumber]
	operator, lqi string
	values        [6]any
}

func newSource(m *message) *source {
	data, _ := sigfox.NewPayload(m.data)
	s := &source{
		message: m, device: sigfox.DeviceID(m.device), time: time.Unix(m.time, 0).UTC(), data: data,
		seq: sigfox.Some(sigfox.SeqNumber(m.seq)), operator: m.operator, lqi: m.lqi,
	}
	s.values = [...]any{&s.device, &s.time, &s.data, &s.seq, &s.operator, &s.lqi}
	return s
}

// Values implements template.ValueSource.
func (s *source) Values() (*template.Layout, []any) { return layout, s.values[:] }

// layout is that of a source.
var layout = template.NewLayout(
	[]string{"device", "time", "data", "seqNumber", "operatorName", "lqi"}, newSource(newMessage()).values[:])

// hexDigits returns the hex digits of v, the most significant one in the lowest
// byte; letter is the distance from '9'+1 to the first letter.
func hexDigits(v uint32, letter uint64) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 0x0606060606060606) >> 4 & 0x0101010101010101
	return bits.ReverseBytes64(x + 0x3030303030303030 + letters*letter)
}

// appendHexNumber appends v in upper-case hex without padding.
func appendHexNumber(dst []byte, v uint32) []byte {
	n := (bits.Len32(v|1) + 3) / 4
	return binary.LittleEndian.AppendUint64(dst, hexDigits(v, 'A'-'9'-1)>>(64-8*n))[:len(dst)+n]
}

// appendHexBytes appends b in lower-case hex.
func appendHexBytes(dst, b []byte) []byte {
	for len(b) >= 4 {
		dst = binary.LittleEndian.AppendUint64(dst, hexDigits(binary.BigEndian.Uint32(b), 'a'-'9'-1))
		b = b[4:]
	}
	for _, c := range b {
		dst = binary.LittleEndian.AppendUint16(dst, hexPairs[c])
	}
	return dst
}

var hexPairs = func() (t [256]uint16) {
	for i := range t {
		t[i] = uint16("0123456789abcdef"[i>>4]) | uint16("0123456789abcdef"[i&0xf])<<8
	}
	return t
}()

// appendUint appends v in decimal.
func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 1e4:
		d := decimals[v]
		return binary.LittleEndian.AppendUint32(dst, d.text)[:len(dst)+d.len]
	case v < 1e8:
		d := digits8(v)
		skip := bits.TrailingZeros64(d) &^ 7
		return binary.LittleEndian.AppendUint64(dst, (d+0x3030303030303030)>>skip)[:len(dst)+8-skip/8]
	case v < 1e12:
		dst = appendUint(dst, v/1e8)
		return binary.LittleEndian.AppendUint64(dst, digits8(v%1e8)+0x3030303030303030)
	default:
		return strconv.AppendUint(dst, v, 10)
	}
}

// decimal is the text of a number below 10000.
type decimal struct {
	text uint32
	len  int
}

// decimals holds the numbers below 10000 in decimal.
var decimals = func() (t [10000]decimal) {
	for i := range t {
		var b [8]byte
		t[i].len = copy(b[:], strconv.Itoa(i))
		t[i].text = binary.LittleEndian.Uint32(b[:])
	}
	return t
}()

// digits8 returns the eight decimal digits of v, the first one in the lowest byte.
func digits8(v uint64) uint64 {
	x := v/1e4 | v%1e4<<32
	t := x * 10486 >> 20 & 0x7f0000007f
	x = t | (x-100*t)<<16
	t = x * 103 >> 10 & 0x000f000f000f000f
	return t | (x-10*t)<<8
}
