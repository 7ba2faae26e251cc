package keepalive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Restore returns a monitor with the devices of a snapshot. What fell due since
// the snapshot is found by the first Expired or Run, once for each device; what
// was handed out before is not handed out again. Devices without a delay of
// their own take o.Delay; the others keep theirs, whatever o.MinDelay is.
//
// The error is that of New, or a *SnapshotError: ErrCorrupt, ErrVersion,
// ErrFull if the snapshot has more than o.MaxDevices devices, or what r
// returned. Restore reads r to its end.
func Restore(o Options, r io.Reader) (*Monitor, error) {
	m, err := New(o)
	if err != nil {
		return nil, err
	}
	d := &snapshotReader{r: bufio.NewReaderSize(r, 1<<16), m: m}
	if err := d.read(); err != nil {
		return nil, &SnapshotError{Offset: d.offset, Err: err}
	}
	return m, nil
}

// snapshotReader reads the parts of a snapshot into m.
type snapshotReader struct {
	r      *bufio.Reader
	m      *Monitor
	offset int64
	sum    uint32
	res    time.Duration // of the snapshot
	part   []byte        // what is left of the current part
	short  error         // why the current part is not longer
	bad    bool          // the current part lacks bytes or has a bad number
}

func (d *snapshotReader) read() error {
	if err := d.readHeader(); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = d.readRecord(); err != nil {
			return err
		}
	}
	return d.readSum()
}

// maxPart is longer than the header and every record.
const maxPart = 64

// begin starts a part: it shows the next bytes of the stream.
func (d *snapshotReader) begin() {
	d.part, d.short = d.r.Peek(maxPart)
	d.bad = false
}

// end moves on behind what was read of the part.
func (d *snapshotReader) end() error {
	switch {
	case d.bad && d.short != nil && !errors.Is(d.short, io.EOF):
		return d.short
	case d.bad:
		return ErrCorrupt
	}
	whole, _ := d.r.Peek(maxPart)
	n := len(whole) - len(d.part)
	d.sum = crc32.Update(d.sum, castagnoli(), whole[:n])
	d.offset += int64(n)
	_, err := d.r.Discard(n)
	return err
}

func (d *snapshotReader) bytes(n int) []byte {
	if len(d.part) < n {
		d.bad = true
		return make([]byte, n)
	}
	b := d.part[:n]
	d.part = d.part[n:]
	return b
}

func (d *snapshotReader) varint() int64 {
	v, n := binary.Varint(d.part)
	d.bytes(max(n, 0))
	d.bad = d.bad || n <= 0
	return v
}

func (d *snapshotReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.part)
	d.bytes(max(n, 0))
	d.bad = d.bad || n <= 0
	return v
}

func (d *snapshotReader) readHeader() error {
	d.begin()
	if magic := d.bytes(len(snapshotMagic)); !d.bad && string(magic) != snapshotMagic {
		return ErrCorrupt
	}
	if version := d.bytes(1)[0]; !d.bad && version != snapshotVersion {
		return ErrVersion
	}
	res := d.uvarint()
	sec, nsec := d.varint(), d.uvarint()
	d.bad = d.bad || res < uint64(time.Second) || res > 1<<62 || nsec >= uint64(time.Second)
	d.res = time.Duration(res)
	d.m.origin = time.Unix(sec, int64(nsec))
	return d.end()
}

// readRecord reads a device or an alert. It reports whether there was one.
func (d *snapshotReader) readRecord() (more bool, err error) {
	d.begin()
	kind := d.bytes(1)[0]
	if kind == kindEnd {
		return false, d.end()
	}
	id := sigfox.DeviceID(binary.LittleEndian.Uint32(d.bytes(4)))
	last := d.lastSeen(d.varint())
	delay := uint32(delayOff)
	switch kind &^ kindSilent {
	case kindDefault:
		delay = delayDefault
	case kindDelay:
		delay = d.delay(d.uvarint())
	case kindAlert:
		delay = d.delay(d.uvarint())
		d.bad = d.bad || kind != kindAlert
	case kindOff:
	default:
		d.bad = true
	}
	if err := d.end(); err != nil {
		return false, err
	}
	if kind == kindAlert {
		d.m.restoreAlert(alert{id, last, delay})
		return true, nil
	}
	return true, d.m.restoreDevice(id, last, delay, kind&kindSilent != 0)
}

// lastSeen converts an age to a tick of the monitor, whose reference is
// firstTick. Ages beyond what ticks and a time.Duration hold are cut.
func (d *snapshotReader) lastSeen(age int64) uint32 {
	age = max(-maxTick, min(age, maxTick))
	res := d.m.opts.Resolution
	if res != d.res {
		age = int64(float64(age) * (float64(d.res) / float64(res)))
	}
	limit := min(maxTick-firstTick, math.MaxInt64/int64(res))
	return uint32(firstTick - max(-limit, min(age, limit)))
}

// delay converts a delay to ticks of the monitor, rounded up.
func (d *snapshotReader) delay(ticks uint64) uint32 {
	d.bad = d.bad || ticks == 0 || ticks > uint64(longest(d.res))
	if d.bad {
		return delayOff
	}
	if res := d.m.opts.Resolution; res != d.res {
		return uint32(min(int64(ceilDiv(time.Duration(ticks)*d.res, res)), longest(res)))
	}
	return uint32(ticks)
}

// readSum compares the checksum, which must be the end of the stream.
func (d *snapshotReader) readSum() error {
	sum := d.sum
	d.begin()
	stored := binary.LittleEndian.Uint32(d.bytes(4))
	d.bad = d.bad || stored != sum || len(d.part) > 0
	return d.end()
}

// restoreDevice adds a device as it was. The monitor is not shared yet.
func (m *Monitor) restoreDevice(id sigfox.DeviceID, last, delay uint32, silent bool) error {
	if _, known := m.find(id); known {
		return ErrCorrupt
	}
	if err := m.join(id, last, delay); err != nil {
		return err
	}
	if silent {
		m.silence(id)
	}
	return nil
}

// restoreAlert adds an alert. Its device was not yet alerted if it was written
// to the snapshot before the breach was found.
func (m *Monitor) restoreAlert(a alert) {
	m.alerts.fresh.push(a)
	if c, known := m.find(a.id); known && slot(c.slot.Load()).last() == a.last {
		m.silence(a.id)
	}
}

// silence marks a device as alerted. Its entry in the wheel becomes stale.
func (m *Monitor) silence(id sigfox.DeviceID) {
	c, _ := m.find(id)
	c.slot.Store(c.slot.Load() | uint64(silentBit))
}
