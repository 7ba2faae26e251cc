package callback

import (
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// ErrorReport is the ERROR callback: a device kept silent for longer than the
// keep-alive delay of its device type. There is one for each silence; the next
// needs a message first.
// Source: https://support.sigfox.com/docs/error-callback
type ErrorReport struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// Time is when the cloud noticed, in UTC; zero if not sent.
	Time time.Time
	// Info is the text of the report: "No message received since" and a date.
	Info string
	// Severity is SeverityError. Until October 2021 SeverityWarn told that a base
	// station that used to hear the device was down.
	Severity Severity

	// Extra holds the members that ERROR does not document.
	Extra Extra
}

// Severity is the weight of an ErrorReport. Unknown words are kept.
type Severity string

// The documented severities of ERROR callbacks.
const (
	SeverityError Severity = "ERROR"
	SeverityWarn  Severity = "WARN"
)

// Service returns ErrorCallback.
func (ErrorReport) Service() Service { return ErrorCallback }

// Key identifies the report by device and time; ok is false if its time was not
// sent.
func (m ErrorReport) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, sigfox.Opt[sigfox.SeqNumber]{})
}

func (m *ErrorReport) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varInfo] = &m.Info
	f.slot[varSeverity] = (*string)(&m.Severity)
	f.extra = &m.Extra
}

// silence is how Info starts when a device kept silent.
const silence = "No message received since "

// lastMessageLayouts are the dates that Info may hold: the format is not
// documented, and these are the formats of other Sigfox texts.
var lastMessageLayouts = [...]string{
	time.DateTime,
	time.RFC3339,
	"2006-01-02 15:04:05 MST",
	"2006-01-02T15:04:05",
	"Mon Jan 02 15:04:05 MST 2006",
	time.DateOnly,
}

// LastMessage returns the time of the last message, read from Info as far as its
// format is known, in UTC.
func (m ErrorReport) LastMessage() (t time.Time, ok bool) {
	_, date, ok := strings.Cut(m.Info, strings.TrimSpace(silence))
	if !ok {
		return time.Time{}, false
	}
	date = strings.TrimRight(strings.TrimSpace(date), ".")
	for _, layout := range lastMessageLayouts {
		if t, err := time.Parse(layout, date); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ReportSilence makes the report that the Sigfox Cloud sends for a breach of the
// keep-alive delay, noticed at now.
func ReportSilence(now time.Time, b keepalive.Breach) ErrorReport {
	return ErrorReport{
		Device:   b.Device,
		Time:     now.Truncate(time.Second).UTC(),
		Info:     silence + b.LastSeen.UTC().Format(time.DateTime),
		Severity: SeverityError,
	}
}
