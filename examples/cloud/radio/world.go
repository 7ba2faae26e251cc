package radio

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/template"
)

// Options configure a World.
type Options struct {
	// Seed decides all chance.
	Seed uint64
	// Start is when the world begins.
	Start time.Time
	// Centre and Radius, in metres, say where devices and stations are.
	Centre Position
	Radius float64
	// Stations is how many base stations there are.
	Stations int
	// Loss is the part of the frames that is lost on top of those that are too weak.
	Loss float64
}

// World is the radio network. It is not safe for concurrent use.
type World struct {
	options  Options
	rng      *rand.Rand
	stations []Station
	devices  map[sigfox.DeviceID]*Device
	order    []sigfox.DeviceID // in which they were added
	agenda   agenda
	heard    []Signal // not yet returned by Until
}

// ErrUnknownDevice is the error for a device that is not in the world.
var ErrUnknownDevice = errors.New("radio: unknown device")

// New returns a world of stations without devices.
func New(o Options) *World {
	w := &World{
		options: o,
		rng:     rand.New(rand.NewPCG(o.Seed, o.Seed^0x5167f0)),
		devices: make(map[sigfox.DeviceID]*Device),
	}
	for i := range o.Stations {
		id := sigfox.StationID(0x1000 + i*0x1A3 + w.rng.IntN(0x100))
		w.stations = append(w.stations, Station{id, w.somewhere()})
	}
	return w
}

// somewhere returns a place in the world.
func (w *World) somewhere() Position {
	const perDegree = 111_320
	angle := 2 * math.Pi * w.rng.Float64()
	distance := w.options.Radius * math.Sqrt(w.rng.Float64())
	c := w.options.Centre
	return Position{
		Lat: c.Lat + distance*math.Sin(angle)/perDegree,
		Lng: c.Lng + distance*math.Cos(angle)/(perDegree*math.Cos(c.Lat*math.Pi/180)),
	}
}

// Add brings a device into the world, which sends its first message within its
// interval.
func (w *World) Add(id sigfox.DeviceID, p *Profile) (*Device, error) {
	if _, ok := w.devices[id]; ok {
		return nil, fmt.Errorf("radio: device %v is there already", id)
	}
	config, err := template.ParsePayloadConfig(p.PayloadConfig)
	if err == nil {
		err = p.encodable(config)
	}
	if err != nil {
		return nil, fmt.Errorf("radio: payload configuration of %s: %w", p.Name, err)
	}
	d := &Device{ID: id, Profile: p, Position: w.somewhere(), config: config, values: make(map[string]float64)}
	w.devices[id] = d
	w.order = append(w.order, id)
	first := time.Duration(w.rng.Float64() * float64(p.Interval))
	w.agenda.add(w.options.Start.Add(first), func(at time.Time) { w.routine(at, d) })
	return d, nil
}

// routine sends a message of the device and comes back for the next.
func (w *World) routine(at time.Time, d *Device) {
	if !d.Silent {
		ask := d.Profile.AskEvery > 0 && d.Sent%d.Profile.AskEvery == d.Profile.AskEvery-1
		w.transmit(at, d, d.payload(w.rng), ask)
		if n := d.Profile.StatusEvery; n > 0 && d.Sent%n == 0 {
			w.outOfBand(at.Add(10*time.Second), d)
		}
	}
	wait := time.Duration(float64(d.Profile.Interval) * (0.75 + w.rng.Float64()/2))
	w.agenda.add(at.Add(wait), func(at time.Time) { w.routine(at, d) })
}

// How frames follow each other. A frame of 12 bytes takes 2.08 s at 100 bit/s; a
// device that listens for a downlink sends them closer together.
// Source: https://github.com/sigfox-tech-radio/sigfox-ep-lib
const (
	frameTime  = 2080 * time.Millisecond
	frameGap   = 2 * time.Second
	listenGap  = 500 * time.Millisecond
	frequency  = 868_130_000
	channel    = 192_000 // Hz around it in which devices hop
	frameCount = 3
)

// transmit sends the frames of one message.
func (w *World) transmit(at time.Time, d *Device, p sigfox.Payload, ask bool) {
	d.Sent++
	f := dedup.Frame{Device: d.ID, Payload: p, Seq: d.next()}
	frames, gap := frameCount, frameGap
	if d.Profile.SingleFrame {
		frames = 1
	}
	if ask {
		gap = listenGap
	}
	var first time.Time // when the message was first received
	for rep := range frames {
		end := at.Add(frameTime + time.Duration(rep)*(frameTime+gap))
		f.Repetition = uint8(rep)
		f.Frequency = uint32(frequency + w.rng.IntN(channel) - channel/2)
		for i := range w.stations {
			s := &w.stations[i]
			rssi, snr, ok := s.hears(w.rng, d.Position)
			if !ok || w.rng.Float64() < w.options.Loss {
				continue
			}
			if first.IsZero() {
				first = end
			}
			copied := f
			copied.Time, copied.Station = first.Unix(), s.ID
			copied.RSSI, copied.SNR = float32(rssi), float32(snr)
			w.report(end.Add(w.backhaul()), Signal{Device: d.ID, Frame: &copied, Ask: ask})
		}
	}
}

// backhaul is how long a station's report is on the way.
func (w *World) backhaul() time.Duration {
	return 50*time.Millisecond + time.Duration(w.rng.ExpFloat64()*float64(150*time.Millisecond))
}

// report has the signal reach the network.
func (w *World) report(at time.Time, s Signal) {
	s.At = at
	w.agenda.add(at, func(time.Time) { w.heard = append(w.heard, s) })
}

// outOfBand sends the status of a device, or of a repeater.
func (w *World) outOfBand(at time.Time, d *Device) {
	s, rssi, snr, ok := w.best(d)
	if !ok {
		return
	}
	battery := round2(3.6 - 0.4*w.rng.Float64())
	if d.Profile.Repeater {
		w.report(at.Add(w.backhaul()), Signal{Device: d.ID, Repeater: &Repeater{
			Battery: battery, Repeated: w.rng.IntN(200), UnwantedDevices: w.rng.IntN(4), Unwanted: uint8(w.rng.IntN(3)),
		}})
		return
	}
	w.report(at.Add(w.backhaul()), Signal{Device: d.ID, Status: &Status{
		Seq: d.next(), Battery: battery, Temperature: round2(15 + 10*w.rng.Float64()),
		Station: s.ID, RSSI: rssi, SNR: snr,
	}})
}

// best returns the station that hears the device best.
func (w *World) best(d *Device) (best *Station, rssi, snr float64, ok bool) {
	for i := range w.stations {
		r, n, heard := w.stations[i].hears(w.rng, d.Position)
		if heard && (!ok || r > rssi) {
			best, rssi, snr, ok = &w.stations[i], r, n, true
		}
	}
	return best, rssi, snr, ok
}

// Until returns what reached the network up to now, in order.
func (w *World) Until(now time.Time) []Signal {
	w.agenda.runUntil(now)
	heard := w.heard
	w.heard = nil
	return heard
}

// Next returns when something is to happen.
func (w *World) Next() (time.Time, bool) { return w.agenda.next() }

// Send has a device send a message now.
func (w *World) Send(now time.Time, id sigfox.DeviceID, p sigfox.Payload, ask bool) error {
	return w.with(id, func(d *Device) { w.transmit(now, d, p, ask) })
}

// Sample returns a payload such as the device would send.
func (w *World) Sample(id sigfox.DeviceID) (p sigfox.Payload, err error) {
	err = w.with(id, func(d *Device) { p = d.payload(w.rng) })
	return p, err
}

// Status has a device send its out-of-band frame now.
func (w *World) Status(now time.Time, id sigfox.DeviceID) error {
	return w.with(id, func(d *Device) { w.outOfBand(now, d) })
}

// Silence has a device send nothing of itself, or begin again.
func (w *World) Silence(id sigfox.DeviceID, silent bool) error {
	return w.with(id, func(d *Device) { d.Silent = silent })
}

// Skip leaves out n sequence numbers, as if so many messages had been lost.
func (w *World) Skip(id sigfox.DeviceID, n int) error {
	return w.with(id, func(d *Device) { d.skip(n) })
}

// Reflash starts the sequence number of a device again at 0.
func (w *World) Reflash(id sigfox.DeviceID) error {
	return w.with(id, func(d *Device) { d.Seq = 0 })
}

// Downlink has a station emit to a device that listens. received tells whether the
// device made it out, which the network learns by the confirmation that the device
// sends: it uses up a sequence number.
func (w *World) Downlink(id sigfox.DeviceID, station sigfox.StationID, data downlink.Data) (received bool, err error) {
	i := slices.IndexFunc(w.stations, func(s Station) bool { return s.ID == station })
	if i < 0 {
		return false, fmt.Errorf("radio: unknown station %v", station)
	}
	err = w.with(id, func(d *Device) {
		if _, _, received = w.stations[i].hears(w.rng, d.Position); received {
			d.Downlinks++
			d.Last = data
			d.skip(1)
		}
	})
	return received, err
}

func (w *World) with(id sigfox.DeviceID, do func(*Device)) error {
	d, ok := w.devices[id]
	if !ok {
		return fmt.Errorf("%w: %v", ErrUnknownDevice, id)
	}
	do(d)
	return nil
}

// Stations returns the base stations.
func (w *World) Stations() []Station { return slices.Clone(w.stations) }

// Device returns a device.
func (w *World) Device(id sigfox.DeviceID) (*Device, bool) {
	d, ok := w.devices[id]
	return d, ok
}

// Devices returns the devices, in the order in which they were added.
func (w *World) Devices() iter.Seq[*Device] {
	return func(yield func(*Device) bool) {
		for _, id := range w.order {
			if !yield(w.devices[id]) {
				return
			}
		}
	}
}
