package downlink

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// NoExpiry as an expiry keeps a downlink until it is sent.
const NoExpiry time.Duration = math.MaxInt64

// QueueOptions configure a Queue. A zero field stands for its default.
type QueueOptions struct {
	// PerDay is how many downlinks a device may get in one UTC day. Default: 4,
	// the quota of the network.
	PerDay int
	// HoldBack keeps what goes beyond PerDay for the next day. Default: offer it
	// all the same, since the network still sends it when it has the capacity
	// (downlinkOverusage) and otherwise says OverrunError, which puts it back.
	HoldBack bool
	// MaxDevices is how many devices may have a downlink waiting or have been
	// offered one today. Default: 100 000.
	MaxDevices int
	// MaxPerDevice is how many downlinks one device may have waiting, with the one
	// on offer. Default: 8.
	MaxPerDevice int
	// MaxOffers is how often a downlink is offered before the queue gives it up.
	// Default: 16, four days of full quota.
	MaxOffers int
	// Expiry is how long a downlink waits unless PushOptions say otherwise; at most
	// NoExpiry. Default: 7 days.
	Expiry time.Duration
	// ConfirmTimeout is how long a downlink stays on offer without an ACKNOWLEDGE.
	// Default: 10 minutes: the callback comes about 35 s after the message, and its
	// last retry 7 minutes later.
	ConfirmTimeout time.Duration
	// AssumeSent takes a downlink for sent when ConfirmTimeout is over. Set it where
	// no ACKNOWLEDGE callback is configured. Default: put it back.
	AssumeSent bool
	// OnDone, if set, is called for every downlink that leaves the queue. It is called
	// by the goroutine whose call made it leave, before that call returns, and may
	// call the queue.
	OnDone func(Done)
}

const (
	defaultPerDay         = DefaultQuota
	defaultMaxDevices     = 100_000
	defaultMaxPerDevice   = 8
	defaultMaxOffers      = 16
	defaultExpiry         = 7 * day
	defaultConfirmTimeout = 10 * time.Minute

	day = 24 * time.Hour
)

func (o QueueOptions) validate() error {
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"PerDay", int64(o.PerDay)},
		{"MaxDevices", int64(o.MaxDevices)},
		{"MaxPerDevice", int64(o.MaxPerDevice)},
		{"MaxOffers", int64(o.MaxOffers)},
		{"Expiry", int64(o.Expiry)},
		{"ConfirmTimeout", int64(o.ConfirmTimeout)},
	} {
		if field.value < 0 {
			return fmt.Errorf("downlink: QueueOptions.%s is negative", field.name)
		}
	}
	return nil
}

func (o QueueOptions) withDefaults() QueueOptions {
	o.PerDay = cmp.Or(o.PerDay, defaultPerDay)
	o.MaxDevices = cmp.Or(o.MaxDevices, defaultMaxDevices)
	o.MaxPerDevice = cmp.Or(o.MaxPerDevice, defaultMaxPerDevice)
	o.MaxOffers = cmp.Or(o.MaxOffers, defaultMaxOffers)
	o.Expiry = cmp.Or(o.Expiry, defaultExpiry)
	o.ConfirmTimeout = cmp.Or(o.ConfirmTimeout, defaultConfirmTimeout)
	return o
}
