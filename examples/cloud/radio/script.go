package radio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Step is one line of a script: what a device does, and when.
type Step struct {
	// At is the time after the start of the world, such as "90s".
	At Duration `json:"at"`
	// Device is who does it.
	Device sigfox.DeviceID `json:"device"`
	// Do is what: send, status, silence, wake, reflash or skip.
	Do string `json:"do"`
	// Data is the payload for send; made up if absent.
	Data *sigfox.Payload `json:"data"`
	// Ask has send listen for a downlink.
	Ask bool `json:"ask"`
	// N is how many sequence numbers skip leaves out.
	N int `json:"n"`
}

// Duration is a time.Duration that is written as "1m30s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Play reads a script of JSON lines and has the world do what it says. The error
// names the step, counted from 1.
func (w *World) Play(r io.Reader) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	for n := 1; ; n++ {
		var s Step
		switch err := dec.Decode(&s); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("radio: step %d: %w", n, err)
		}
		do, err := w.action(s)
		if err != nil {
			return fmt.Errorf("radio: step %d: %w", n, err)
		}
		w.agenda.add(w.options.Start.Add(time.Duration(s.At)), do)
	}
}

func (w *World) action(s Step) (func(time.Time), error) {
	d, ok := w.devices[s.Device]
	if !ok {
		return nil, fmt.Errorf("%w: %v", ErrUnknownDevice, s.Device)
	}
	switch s.Do {
	case "send":
		return func(at time.Time) {
			p := d.payload(w.rng)
			if s.Data != nil {
				p = *s.Data
			}
			w.transmit(at, d, p, s.Ask)
		}, nil
	case "status":
		return func(at time.Time) { w.outOfBand(at, d) }, nil
	case "silence":
		return func(time.Time) { d.Silent = true }, nil
	case "wake":
		return func(time.Time) { d.Silent = false }, nil
	case "reflash":
		return func(time.Time) { d.Seq = 0 }, nil
	case "skip":
		return func(time.Time) { d.skip(s.N) }, nil
	default:
		return nil, fmt.Errorf("unknown action %q", s.Do)
	}
}
