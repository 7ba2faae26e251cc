package keepalive

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"

	"github.com/go-sigfox/sigfox"
)

// A snapshot is
//
//	"SFKA", version byte
//	resolution in nanoseconds                uvarint
//	reference time: Unix seconds, nanoseconds    varint, uvarint
//	records: kind byte, device id (4 bytes, little-endian), age, [delay]
//	kind byte 0
//	CRC-32C of all that precedes             4 bytes, little-endian
//
// The age is the time from the last message to the reference, in ticks and as a
// varint: devices that are heard while the snapshot is written may be newer. A
// delay is a uvarint, in ticks. Most devices take 8 to 11 bytes.
const (
	snapshotMagic   = "SFKA"
	snapshotVersion = 1
)

// Kinds of records. Only those with an own delay and alerts have a delay.
const (
	kindEnd     = 0
	kindDefault = 1 // the default delay
	kindOff     = 2
	kindDelay   = 3
	kindAlert   = 4 // a breach that was not handed out
	kindSilent  = 8 // flag of a device: alerted, waits for a message
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// Snapshot writes all devices and the breaches that wait to be handed out, for
// Restore. It can be called at any time; Touch goes on meanwhile. What happens
// to a device during the call may or may not be part of the snapshot, so a
// breach that is handed out in that time may be handed out again after a
// Restore. A snapshot taken after Run has returned is exact.
//
// The error is that of w.
func (m *Monitor) Snapshot(w io.Writer) error {
	reference := moment(m.latest.Load()).floor()
	buf := m.appendHeader(nil, reference)
	sum := uint32(0)
	flush := func() error {
		sum = crc32.Update(sum, castagnoli(), buf)
		_, err := w.Write(buf)
		buf = buf[:0]
		return err
	}
	for i := range m.segments.tables {
		buf = m.appendSegment(buf, i, reference)
		if err := flush(); err != nil {
			return err
		}
	}
	// Alerts come last. Whatever was found in the meantime is either here, or
	// its device was written before: Restore recognises those that are both.
	buf = append(m.appendAlerts(buf, reference), kindEnd)
	if err := flush(); err != nil {
		return err
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(nil, sum))
	return err
}

func (m *Monitor) appendHeader(dst []byte, reference uint32) []byte {
	at := m.timeOf(reference)
	dst = append(dst, snapshotMagic...)
	dst = append(dst, snapshotVersion)
	dst = binary.AppendUvarint(dst, uint64(m.opts.Resolution))
	dst = binary.AppendVarint(dst, at.Unix())
	return binary.AppendUvarint(dst, uint64(at.Nanosecond()))
}

// timeOf returns when a tick begins, by the wall clock.
func (m *Monitor) timeOf(tick uint32) time.Time {
	if c := m.clock.Load(); c != nil {
		return c.time(tick)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return newClock(m.origin, m.opts.Resolution).time(tick)
}

func (m *Monitor) appendSegment(dst []byte, i int, reference uint32) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	for v, meta := range m.segments.tables[i].Load().all() {
		kind := byte(kindDelay)
		switch meta.delay() {
		case delayDefault:
			kind = kindDefault
		case delayOff:
			kind = kindOff
		}
		if v.silent() {
			kind |= kindSilent
		}
		dst = appendRecord(dst, kind, v.id(), v.last(), reference)
		if kind&^kindSilent == kindDelay {
			dst = binary.AppendUvarint(dst, uint64(meta.delay()))
		}
	}
	return dst
}

func (m *Monitor) appendAlerts(dst []byte, reference uint32) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	for a := range m.alerts.all() {
		dst = appendRecord(dst, kindAlert, a.id, a.last, reference)
		dst = binary.AppendUvarint(dst, uint64(a.delay))
	}
	return dst
}

func appendRecord(dst []byte, kind byte, id sigfox.DeviceID, last, reference uint32) []byte {
	dst = append(dst, kind)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	return binary.AppendVarint(dst, int64(reference)-int64(last))
}
