package aggregator_test

import (
	"math/bits"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// message is the record of the peers: 120 bytes, with room for five stations. The
// Aggregator has room for more, which does not matter here.
type message struct {
	key
	quality     sigfox.LinkQuality
	first, last int64
	frequency   uint32
	frames      uint16
	dropped     uint16
	stations    uint8
	reps        [maxStations]uint8
	heard       [maxStations]heard
}

const maxStations = 5

type heard struct {
	station   sigfox.StationID
	rssi, snr float32
}

// init takes the first copy.
func (m *message) init(k key, now int64, f *dedup.Frame) dedup.Verdict {
	*m = message{key: k, first: now, frequency: f.Frequency}
	m.merge(now, f)
	return dedup.First
}

// merge takes a further copy.
func (m *message) merge(now int64, f *dedup.Frame) dedup.Verdict {
	rep := uint8(1) << (f.Repetition & 7)
	n := int(m.stations)
	for i := range m.heard[:n] {
		if h := &m.heard[i]; h.station == f.Station {
			h.rssi = max(h.rssi, f.RSSI)
			h.snr = max(h.snr, f.SNR)
			m.reps[i] |= rep
			m.last = now
			m.frames++
			return dedup.Merged
		}
	}
	if n == len(m.heard) {
		m.dropped++
		return dedup.Full
	}
	m.heard[n] = heard{f.Station, f.RSSI, f.SNR}
	m.reps[n] = rep
	m.stations++
	m.last = now
	m.frames++
	return dedup.Merged
}

func (m *message) over(now int64) bool { return now-m.first >= int64(window) }

// rate computes the link quality of RC1.
func (m *message) rate() {
	m.quality = sigfox.LinkLimit
	var strong, weak int
	for i := range m.heard[:m.stations] {
		if m.heard[i].rssi > -122 {
			strong++
		}
		if m.heard[i].rssi > -135 {
			weak++
		}
	}
	switch {
	case strong >= 3:
		m.quality = sigfox.LinkExcellent
	case strong > 0 || weak >= 3:
		m.quality = sigfox.LinkGood
	case weak > 0:
		m.quality = sigfox.LinkAverage
	}
}

// emit hands the message out, when its window is over.
func (m *message) emit(s sink) {
	m.rate()
	s.takeOwn(m)
}

// public is the message in the form in which the Aggregator hands it out.
func (m *message) public() *dedup.Message {
	p := &dedup.Message{
		Key:         m.key.public(),
		Payload:     m.key.payload(),
		Frequency:   m.frequency,
		FirstSeen:   epoch.Add(time.Duration(m.first)),
		LastSeen:    epoch.Add(time.Duration(m.last)),
		LinkQuality: m.quality,
		Frames:      int(m.frames),
		Dropped:     int(m.dropped),
	}
	for i, h := range m.heard[:m.stations] {
		p.Receptions = append(p.Receptions, dedup.Reception{
			Station: h.station, RSSI: h.rssi, SNR: h.snr, NbRep: bits.OnesCount8(m.reps[i]),
		})
	}
	return p
}
