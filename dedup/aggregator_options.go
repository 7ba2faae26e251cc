package dedup

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Defaults and limits of AggregatorOptions.
const (
	// DefaultWindow is the time after which the cloud sends DATA_ADVANCED.
	// Source: https://support.sigfox.com/docs/data-advanced
	DefaultWindow = 25 * time.Second
	// MaxWindow is the longest Window.
	MaxWindow = time.Hour
	// DefaultOpenMessages is what 40,000 messages a second leave in the default window.
	DefaultOpenMessages = 1 << 20
	// MaxOpenMessages is the largest MaxMessages.
	MaxOpenMessages = 1 << 24
	// DefaultStations is more than a dense area has: 10 to 20 stations.
	DefaultStations = 32
	// MaxStationsLimit is the largest MaxStations.
	MaxStationsLimit = 128
	// DefaultMaxClosed bounds a call of Closed to about a millisecond.
	DefaultMaxClosed = 1 << 12
)

// ErrAggregatorOptions is wrapped by the errors of NewAggregator.
var ErrAggregatorOptions = errors.New("dedup: invalid aggregator options")

// AggregatorOptions configures an Aggregator. The zero value is usable.
type AggregatorOptions struct {
	// Window is the time in which copies are merged. It begins with the receipt
	// of the first copy and is never extended. From 1 ms to MaxWindow.
	// 0: DefaultWindow.
	Window time.Duration
	// Retain is how long after its first copy a message is remembered, so that
	// further copies are Late and not First. At least Window, which remembers
	// no closed message. 0: twice the Window.
	Retain time.Duration
	// Zone is the radio configuration by which link quality is rated. The zero
	// value is RC1.
	Zone sigfox.RadioZone
	// MaxMessages is how many messages there is room for, open or remembered:
	// about 90 bytes each, and 64 more for each 7 stations above 4. Room is
	// allocated as it is needed. Up to 1024 the number is exact; above, up to a
	// quarter more may be held, and a few per cent from 100,000 on. At most
	// MaxOpenMessages. 0: DefaultOpenMessages.
	MaxMessages int
	// MaxStations is how many stations are kept for a message, those that come
	// first. At most MaxStationsLimit. 0: DefaultStations.
	MaxStations int
	// MaxClosed is how many messages one call of Closed yields at most.
	// 0: DefaultMaxClosed.
	MaxClosed int
}

func (o AggregatorOptions) withDefaults() (AggregatorOptions, error) {
	o.Window = orDefault(o.Window, DefaultWindow)
	o.Retain = orDefault(o.Retain, 2*o.Window)
	o.MaxMessages = orDefault(o.MaxMessages, DefaultOpenMessages)
	o.MaxStations = orDefault(o.MaxStations, DefaultStations)
	o.MaxClosed = orDefault(o.MaxClosed, DefaultMaxClosed)
	return o, o.validate()
}

func (o AggregatorOptions) validate() error {
	return cmp.Or(
		checkOption("Window", o.Window, time.Millisecond, MaxWindow),
		checkOption("Retain", o.Retain, o.Window, math.MaxInt64),
		checkOption("Zone", o.Zone, sigfox.RC1, sigfox.RC7),
		checkOption("MaxMessages", o.MaxMessages, 1, MaxOpenMessages),
		checkOption("MaxStations", o.MaxStations, 1, MaxStationsLimit),
		checkOption("MaxClosed", o.MaxClosed, 1, math.MaxInt),
	)
}

func checkOption[T cmp.Ordered](name string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%w: %s is %v, not between %v and %v", ErrAggregatorOptions, name, value, low, high)
	}
	return nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
