package pipeline

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/keepalive"
)

// Options configure a Pipeline. A zero field stands for its default.
type Options struct {
	// Registry knows the devices and where their callbacks go. Required.
	Registry *routing.Registry
	// Sender delivers the callbacks. Required.
	Sender Sender

	// Aggregator merges frames. Default: a dedup.Aggregator with its defaults.
	Aggregator Aggregator
	// Sequence watches sequence numbers. Default: a dedup.SequenceWatch with its
	// defaults.
	Sequence Sequence
	// KeepAlive watches for silence. Default: a keepalive.Monitor with its defaults.
	KeepAlive KeepAlive
	// Downlinks and Uplinks count what devices use of their contract in a UTC day.
	// Defaults: a downlink.Ledger with its defaults for each.
	Downlinks, Uplinks Ledger

	// Emit makes a base station send a downlink, and returns nil once it has. Run calls it
	// from a goroutine of its own, with a context that ends when the device no longer
	// listens; Advance calls it itself. Default: there is no radio, and downlinks end with
	// NETWORK_ERROR.
	Emit func(context.Context, Emission) error
	// Capacity reports whether the network can send a downlink that is above the daily
	// quota of its device. Default: it always can.
	Capacity func(Emission) bool
	// QuietNoData sends no ACKNOWLEDGE when the service answered that it has no data;
	// see downlink.Opportunity. Default: NO_ANSWER is reported.
	QuietNoData bool
	// AcknowledgeAfter is when outcomes of downlinks are reported, from the first frame
	// of the message. Default: 35 s, as observed of the cloud.
	AcknowledgeAfter time.Duration
	// MaxDownlinks is how many downlinks may be under way, each for about a minute.
	// Default: 65 536.
	MaxDownlinks int

	// OperatorName and CountryCode (ISO 3166-1 numeric) are those of the network, for
	// DATA_ADVANCED. Defaults: "", absent.
	OperatorName string
	CountryCode  sigfox.Opt[int]
	// Metadata reports whether the contract of a device type includes the option
	// NETWORK METADATA, that is station, rssi, snr and duplicates. Default: all do.
	Metadata func(routing.View) bool
	// Locate returns the computedLocation for DATA_ADVANCED, and false if the device
	// has no geolocation. It is called only if there is a callback for it, and should
	// return soon. Default: none has.
	Locate func(*dedup.Message) (callback.Location, bool)
	// Rollover returns how many messages a device sends before its sequence number
	// starts again at 0, 0 for the default of Sequence. Default: that for all.
	Rollover func(sigfox.DeviceID) int
	// Describe completes an event that the pipeline raises by what only the platform
	// knows, such as the contract, before it is sent. Default: nothing is added.
	Describe func(*event.Event)

	// Hooks observe what happens.
	Hooks Hooks
	// Logger gets a line for each drop and failure. Default: none.
	Logger *slog.Logger
}

// Sender delivers a callback: a *dispatch.Dispatcher, or a queue to one.
type Sender interface {
	// Enqueue accepts a callback, or returns at once an error that says why not.
	Enqueue(ctx context.Context, r dispatch.Request) error
}

// Aggregator is what a Pipeline needs of a dedup.Aggregator.
type Aggregator interface {
	Add(now time.Time, f dedup.Frame) dedup.Verdict
	Closed(now time.Time) iter.Seq[*dedup.Message]
	NextClose() (time.Time, bool)
}

// Sequence is what a Pipeline needs of a dedup.SequenceWatch.
type Sequence interface {
	Observe(now time.Time, m dedup.Numbered) dedup.Sequence
	Downlink(id sigfox.DeviceID)
	Disengage(id sigfox.DeviceID) bool
}

// KeepAlive is what a Pipeline needs of a keepalive.Monitor.
type KeepAlive interface {
	Touch(now time.Time, id sigfox.DeviceID) error
	Set(now time.Time, id sigfox.DeviceID, delay time.Duration) error
	Remove(id sigfox.DeviceID) bool
	Lookup(id sigfox.DeviceID) (keepalive.Status, bool)
	Expired(now time.Time) iter.Seq[keepalive.Breach]
}

// Ledger is what a Pipeline needs of a downlink.Ledger.
type Ledger interface {
	Add(now time.Time, id sigfox.DeviceID) int
	Undo(now time.Time, id sigfox.DeviceID)
}

const (
	defaultAcknowledgeAfter = 35 * time.Second
	defaultMaxDownlinks     = 1 << 16
)

func (o *Options) validate() error {
	switch {
	case o.Registry == nil:
		return errors.New("pipeline: Options.Registry is nil")
	case o.Sender == nil:
		return errors.New("pipeline: Options.Sender is nil")
	case o.AcknowledgeAfter < 0:
		return errors.New("pipeline: Options.AcknowledgeAfter is negative")
	case o.MaxDownlinks < 0:
		return errors.New("pipeline: Options.MaxDownlinks is negative")
	}
	return nil
}

// setDefaults makes the parts that are not given. Their options are their defaults,
// so the errors are for the day when those change.
func (o *Options) setDefaults() (err error) {
	part := func(e error) { err = errors.Join(err, e) }
	if o.Aggregator == nil {
		a, e := dedup.NewAggregator(dedup.AggregatorOptions{})
		o.Aggregator = a
		part(e)
	}
	if o.Sequence == nil {
		s, e := dedup.NewSequenceWatch(dedup.SequenceOptions{})
		o.Sequence = s
		part(e)
	}
	if o.KeepAlive == nil {
		m, e := keepalive.New(keepalive.Options{})
		o.KeepAlive = m
		part(e)
	}
	for _, ledger := range []*Ledger{&o.Downlinks, &o.Uplinks} {
		if *ledger == nil {
			l, e := downlink.NewLedger(downlink.LedgerOptions{})
			*ledger = l
			part(e)
		}
	}
	if o.AcknowledgeAfter == 0 {
		o.AcknowledgeAfter = defaultAcknowledgeAfter
	}
	if o.MaxDownlinks == 0 {
		o.MaxDownlinks = defaultMaxDownlinks
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return err
}
