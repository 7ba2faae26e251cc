package event

import (
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// Event is the EVENT callback.
// Source: https://support.sigfox.com/docs/event-type
type Event struct {
	// Time is when the event happened, in UTC and whole seconds; zero if not sent.
	Time time.Time
	// Type says what happened.
	Type Type
	// Severity is its weight.
	Severity Severity
	// SourceType is the kind of thing it happened to: SourceDevice.
	SourceType string
	// SourceID is the id of that thing in hex; of a device in upper case and without
	// padding.
	SourceID string
	// DeviceTypeID is the device type of the device, 24 hex digits.
	DeviceTypeID string
	// GroupID is the group of the device, 24 hex digits.
	GroupID string
	// MessageTime is the time of the message that caused the event, in UTC; zero if
	// there is none.
	MessageTime time.Time
	// DeviceInfo is what the cloud knows of the device.
	DeviceInfo DeviceInfo
	// Detail depends on Type. It is nil if the type is not known: the members of the
	// event are in Extra then. Without a type it is a SequenceBreak if there are sequence
	// numbers, since templates for one kind of event leave the type out.
	Detail Detail
	// Extra holds the members that are not documented for the event.
	Extra callback.Extra
}

// New returns an event about a device, as the Sigfox Cloud would send it: with
// the severity that is documented for its type, SeverityInfo if there is none. d
// should be the detail that belongs to the type; it may be nil. An event that a
// message caused also needs its MessageTime.
func New(t Type, device sigfox.DeviceID, at time.Time, d Detail) Event {
	severity := kindOf(t).Severity
	if severity == "" {
		severity = SeverityInfo
	}
	return Event{
		Time: at.UTC().Truncate(time.Second), Type: t, Severity: severity,
		SourceType: SourceDevice, SourceID: device.String(), Detail: d,
	}
}

// NewSequenceBreak returns the event that a device sent b.Received, received at the
// given time, where another number was due. t is InvalidSeqNumber for a gap with
// which messages are still delivered, OutOfSequence for one with which they are not.
func NewSequenceBreak(t Type, device sigfox.DeviceID, at time.Time, b SequenceBreak) Event {
	e := New(t, device, at, &b)
	e.MessageTime = e.Time
	return e
}

// Device returns the device that the event is about; ok is false if it is about
// something else, or if it does not say.
func (e Event) Device() (id sigfox.DeviceID, ok bool) {
	if e.SourceType != "" && !strings.EqualFold(e.SourceType, SourceDevice) {
		return 0, false
	}
	id, err := sigfox.ParseDeviceID(e.SourceID)
	return id, err == nil
}

// visitCommon shows the members that all events have in common to v.
func (e *Event) visitCommon(v visitor) {
	v.unix("time", &e.Time)
	v.word("sourceType", &e.SourceType, canonicalSource)
	v.id("sourceId", &e.SourceID)
	v.word("severity", (*string)(&e.Severity), canonicalSeverity)
	v.word("eventType", (*string)(&e.Type), canonicalType)
	v.id("deviceTypeId", &e.DeviceTypeID)
	v.id("groupId", &e.GroupID)
	v.info("deviceInfo", &e.DeviceInfo)
	// The page of OutOfSequence documents seconds, all others a date.
	if e.Type == OutOfSequence {
		v.unix("deviceMessageTime", &e.MessageTime)
	} else {
		v.date("deviceMessageTime", &e.MessageTime)
	}
}
