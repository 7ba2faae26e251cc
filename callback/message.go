package callback

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Message is one of the callbacks of the callbacks resource. EVENT callbacks are
// in package event.
type Message interface {
	Uplink | Bidir | Status | Acknowledge | Repeater | DataAdvanced | Geoloc | ErrorReport

	// Service says which callback it is.
	Service() Service
	// Key identifies the message among all callbacks of its service.
	Key() (sigfox.MessageKey, bool)
	// AppendJSON appends the canonical JSON of the message, on one line. It is JSON
	// whatever the message holds: NaN and infinities are left out like absent values, and
	// what is not UTF-8 becomes U+FFFD.
	AppendJSON(dst []byte) []byte
}

// fields is a message taken apart: a pointer for each variable that its service
// offers, nil for the others. It is what parsing writes to and canonical JSON is
// made from.
type fields struct {
	slot   [variableCount]any
	custom *CustomData // nil if the service has no payload configuration
	extra  *Extra
}

// binder is a pointer to a message.
type binder interface{ bind(f *fields) }

func messageKey(id sigfox.DeviceID, t time.Time, seq sigfox.Opt[sigfox.SeqNumber]) (sigfox.MessageKey, bool) {
	if t.IsZero() {
		return sigfox.MessageKey{}, false
	}
	return sigfox.MessageKey{Device: id, Time: t.Unix(), Seq: seq.Or(sigfox.NoSeqNumber)}, true
}
