package downlink

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/go-sigfox/sigfox"
)

// Direct is a template of DIRECT mode, in which the cloud itself answers every
// device that asks (downlinkDataString of a device type). It is a value that
// does not change: safe for concurrent use.
type Direct struct {
	template  string
	fixed     Data
	variables []directVariable
}

// directVariable is one variable and the byte at which its value begins.
type directVariable struct {
	name directName
	at   int
}

type directName string

const (
	directTime  directName = "time"
	directTapID directName = "tapId"
	directRSSI  directName = "rssi"
)

// size returns how many bytes the variable fills, 0 for an unknown one.
func (n directName) size() int {
	switch n {
	case directTime, directTapID:
		return 4
	case directRSSI:
		return 2
	default:
		return 0
	}
}

// ParseDirect reads a template such as "{tapId}0000{rssi}": hex digits in any
// case and the variables {time} (4 bytes), {tapId} (4 bytes) and {rssi} (2
// bytes), together exactly 8 bytes. A variable begins at a whole byte, and may
// stand more than once. The error is a *ParseError with ErrInvalidDirect.
func ParseDirect(template string) (*Direct, error) {
	d := &Direct{template: template}
	fail := func(offset int, msg string) (*Direct, error) {
		return nil, parseError(ErrInvalidDirect, template, offset, msg)
	}
	digits := 0 // hex digits filled so far
	for i := 0; i < len(template); {
		if digits >= 2*Size {
			return fail(i, "more than 8 bytes")
		}
		if template[i] != '{' {
			v, ok := hexDigit(template[i])
			if !ok {
				return fail(i, "neither a hex digit nor a variable")
			}
			d.fixed[digits/2] = d.fixed[digits/2]<<4 | v
			digits++
			i++
			continue
		}
		text, _, closed := strings.Cut(template[i+1:], "}")
		name := directName(text)
		switch {
		case !closed:
			return fail(i, "variable without }")
		case name.size() == 0:
			return fail(i, "unknown variable; there are {time}, {tapId} and {rssi}")
		case digits%2 != 0:
			return fail(i, "variable in the middle of a byte")
		case digits/2+name.size() > Size:
			return fail(i, "more than 8 bytes")
		}
		d.variables = append(d.variables, directVariable{name, digits / 2})
		digits += 2 * name.size()
		i += len(text) + len("{}")
	}
	if digits < 2*Size {
		return fail(len(template), "less than 8 bytes")
	}
	return d, nil
}

// String returns the template as it was parsed.
func (d *Direct) String() string { return d.template }

// DirectValues is what the variables of a DIRECT template stand for.
type DirectValues struct {
	// Time is the time of the message in Unix seconds.
	Time int64
	// TapID is the base station that received the message.
	TapID sigfox.StationID
	// RSSI is the strength with which it did, in dBm.
	RSSI float64
}

// Render returns the data of a downlink. All values are big-endian, which is not
// documented but seen: with {tapId}0000{rssi} a device received 00 00 58 6B 00
// 00 FF 91, that is station 586B and -111 dBm. The rssi is rounded to the nearest
// dBm and written in two's complement; one that does not fit gives the nearest
// limit, and NaN gives 0. The time is cut to its low 32 bits.
func (d *Direct) Render(v DirectValues) Data {
	data := d.fixed
	for _, variable := range d.variables {
		field := data[variable.at:]
		switch variable.name {
		case directTime:
			binary.BigEndian.PutUint32(field, uint32(v.Time))
		case directTapID:
			binary.BigEndian.PutUint32(field, uint32(v.TapID))
		case directRSSI:
			binary.BigEndian.PutUint16(field, uint16(roundRSSI(v.RSSI)))
		}
	}
	return data
}

func roundRSSI(dBm float64) int16 {
	if math.IsNaN(dBm) {
		return 0
	}
	return int16(max(math.MinInt16, min(math.MaxInt16, math.Round(dBm))))
}
