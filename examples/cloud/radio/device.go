package radio

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/template"
)

// Profile is what devices of one kind have in common.
type Profile struct {
	// Name is the name of the kind.
	Name string
	// PayloadConfig is the custom payload configuration that payloads are made by.
	// Its values wander at random.
	PayloadConfig string
	// Ranges are those of the values, by name. Default: as the type allows, of the lower
	// part only if it is wider than 10 bits.
	Ranges map[string]Range
	// Interval is the mean time between messages.
	Interval time.Duration
	// SingleFrame has a message sent once instead of three times.
	SingleFrame bool
	// AskEvery has every so many messages ask for a downlink; 0 for none.
	AskEvery int
	// StatusEvery has every so many messages followed by an out-of-band status, which
	// a repeater sends in its own form; 0 for none.
	StatusEvery int
	// Repeater makes the device a repeater.
	Repeater bool
	// Rollover is how many messages the device sends before its sequence number
	// starts again at 0. 0: 4096.
	Rollover int
}

// Range is what a value of a payload stays in. A bool is true above 0.5.
type Range struct {
	Min, Max float64
	// Rises has it only rise, as a meter does, until it begins again.
	Rises bool
}

// Device is a device as the world knows it.
type Device struct {
	ID      sigfox.DeviceID
	Profile *Profile
	Position
	// Seq is the sequence number of the next message.
	Seq sigfox.SeqNumber
	// Sent counts the messages.
	Sent int
	// Silent devices send nothing of themselves.
	Silent bool
	// Downlinks counts the downlinks that the device received; Last is the last one.
	Downlinks int
	Last      downlink.Data

	config *template.PayloadConfig
	values map[string]float64 // of the fields, between 0 and 1
}

// next returns the sequence number of a message and moves on.
func (d *Device) next() sigfox.SeqNumber {
	seq := d.Seq
	d.skip(1)
	return seq
}

// skip leaves n sequence numbers out.
func (d *Device) skip(n int) {
	rollover := d.Profile.Rollover
	if rollover == 0 {
		rollover = int(sigfox.MaxSeqNumber) + 1
	}
	d.Seq = sigfox.SeqNumber((int(d.Seq) + n) % rollover)
}

// payload makes a payload, with values a little off those of the one before.
func (d *Device) payload(rng *rand.Rand) sigfox.Payload {
	values := make(map[string]template.Value)
	for f := range d.config.Fields() {
		at, ok := d.values[f.Name]
		if !ok {
			at = rng.Float64()
		}
		r := d.Profile.rangeOf(f)
		if r.Rises {
			_, at = math.Modf(at + 0.0005*rng.Float64())
		} else {
			at = min(1, max(0, at+0.05*rng.NormFloat64()))
		}
		d.values[f.Name] = at
		values[f.Name] = valueOf(f, r.Min+at*(r.Max-r.Min))
	}
	p, _ := d.config.Encode(values) // Add tried it
	return p
}

// encodable returns why payloads cannot be made by a profile, such as that two of its
// fields share a bit, or that a range is too wide for its field.
func (p *Profile) encodable(c *template.PayloadConfig) error {
	for _, even := range []bool{false, true} {
		values := make(map[string]template.Value)
		upper := even // turns, so that neighbours do not agree on a bit
		for f := range c.Fields() {
			r := p.rangeOf(f)
			values[f.Name] = valueOf(f, r.Min)
			if upper {
				values[f.Name] = valueOf(f, r.Max)
			}
			upper = !upper
		}
		if _, err := c.Encode(values); err != nil {
			return err
		}
	}
	return nil
}

// rangeOf returns the range of a field.
func (p *Profile) rangeOf(f template.Field) Range {
	if r, ok := p.Ranges[f.Name]; ok {
		return r
	}
	full := float64(uint64(1) << min(f.Bits, 10))
	switch f.Type {
	case template.FieldBool:
		return Range{Max: 1}
	case template.FieldInt:
		return Range{Min: -full / 4, Max: full/2 - 1}
	case template.FieldFloat:
		return Range{Max: 100}
	default:
		return Range{Max: full - 1}
	}
}

// valueOf returns the value of a field that stands at x.
func valueOf(f template.Field, x float64) template.Value {
	switch f.Type {
	case template.FieldBool:
		return template.BoolValue(x > 0.5)
	case template.FieldInt:
		return template.IntValue(int64(x))
	case template.FieldFloat:
		return template.Float32Value(float32(round2(x)))
	case template.FieldChar:
		return template.TextValue("ABCDEFGHIJKL"[:min(f.Bits/8, 12)])
	default:
		return template.UintValue(uint64(max(0, x)))
	}
}
