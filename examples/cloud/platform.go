package main

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/event"
)

// contract is what all devices of the demo are associated with.
const (
	contract         = "5f1a2b3c4d5e6f7081920001"
	previousContract = "5f1a2b3c4d5e6f7081920002"
	operator         = "5f1a2b3c4d5e6f7081920003"
	operatingUser    = "5f1a2b3c4d5e6f7081920004"
)

func subscription() event.Subscription {
	return event.Subscription{
		ContractID: contract, ContractIDs: []string{contract}, State: event.SubscriptionActivated,
		BusinessOperatorID: operator, NetworkOperatorID: operator,
	}
}

// describe completes an event that the pipeline raises.
func describe(e *event.Event) {
	if d, ok := e.Detail.(*event.Subscription); ok {
		*d = subscription()
	}
}

// eventEvery is how often something happens to a subscription, by the clock of the
// network: often enough for every kind of event to be seen within the hour.
const eventEvery = 3 * time.Minute

// eventPlan says what happens next to a subscription.
type eventPlan struct {
	next  time.Time
	count int
}

// raiseEvents raises one kind of event after the other, as operators and contracts
// would cause them.
func (n *cloud) raiseEvents(ctx context.Context, now time.Time) {
	kinds := event.Kinds()
	for ; !n.events.next.After(now); n.events.next = n.events.next.Add(eventEvery) {
		id := deviceID(n.events.count % n.config.devices)
		e, ok := n.subscriptionEvent(kinds[n.events.count%len(kinds)].Type, id, n.events.next)
		n.events.count++
		if ok {
			_ = n.pipeline.Event(ctx, e) // the device is registered
		}
	}
}

// subscriptionEvent returns an event of a type; ok is false for those that messages
// cause.
func (n *cloud) subscriptionEvent(t event.Type, id sigfox.DeviceID, now time.Time) (e event.Event, ok bool) {
	s := subscription()
	var d event.Detail
	switch t {
	case event.InvalidSeqNumber, event.OutOfSequence, event.Overusage:
		return event.Event{}, false
	case event.OffContract:
		d = &event.ContractLoss{
			Subscription: s, ShortCause: "TOKEN_EXPIRED", Cause: "The token of the device has ended",
			SubscriptionEnd: now, TokenEnd: now,
		}
	case event.ContractSwitch:
		d = &event.ContractChange{Subscription: s, PreviousContractID: previousContract}
	case event.Suspend, event.Resume, event.Unsubscribe:
		if t == event.Suspend {
			s.State = event.SubscriptionSuspended
		}
		d = &event.SubscriptionChange{Subscription: s, UserID: operatingUser}
	case event.ChangedDeviceType:
		d = &event.DeviceTypeChange{Subscription: s, PreviousDeviceTypeID: previousContract}
	case event.IntraTransfer, event.ExtraTransfer:
		d = &event.Transfer{ContractID: contract, PreviousContractID: previousContract, TokenState: event.TokenOK}
	case event.TokenReplacedTo, event.TokenReplacedFrom:
		d = &event.Replacement{Subscription: s, Source: sigfox.Some(id), Destination: sigfox.Some(id + 1)}
	default:
		d = &s
	}
	e = event.New(t, id, now, d)
	device, _ := n.registry.Device(id)
	e.DeviceInfo = event.DeviceInfo{ID: sigfox.Some(id), Name: device.Name, State: "OK"}
	e.MessageTime = e.Time
	return e, true
}
