package board

import (
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Row is one line of the message list. Times are Unix milliseconds.
type Row struct {
	key message

	// ID counts rows from 1.
	ID int `json:"id"`
	// Kind is DATA, STATUS, REPEATER, ERROR or EVENT.
	Kind string `json:"kind"`
	// Time is when it happened, by the clock of the network.
	Time         int64           `json:"time"`
	Device       sigfox.DeviceID `json:"device"`
	DeviceTypeID string          `json:"deviceTypeId,omitempty"`
	Seq          *int            `json:"seq,omitempty"`
	// Data is the payload, and CustomData what the device type makes of it.
	Data       string              `json:"data"`
	CustomData callback.CustomData `json:"customData,omitempty"`
	// Info says in words what has no payload.
	Info string `json:"info,omitempty"`
	// LQI is the link quality, once the window is over.
	LQI     string             `json:"lqi,omitempty"`
	Quality sigfox.LinkQuality `json:"-"`
	// Receptions has one entry for each station.
	Receptions []Reception `json:"receptions,omitempty"`
	// Ask is true if the device listens for a downlink.
	Ask bool `json:"ask,omitempty"`
	// Downlink is what became of that.
	Downlink *Downlink `json:"downlink,omitempty"`
	// Deliveries are the callbacks of the message.
	Deliveries []*Delivery `json:"deliveries"`
}

// Reception is what one station received.
type Reception struct {
	Station sigfox.StationID `json:"station"`
	RSSI    float32          `json:"rssi"`
	SNR     float32          `json:"snr"`
	Frames  int              `json:"frames"`
}

// Downlink is the outcome of a downlink, as the ACKNOWLEDGE callback tells it.
type Downlink struct {
	Data string `json:"data,omitempty"`
	Code int    `json:"code"`
	Text string `json:"text"`
}

// Delivery is one callback on its way.
type Delivery struct {
	ID       string `json:"id"`
	Callback string `json:"callback"`
	Service  string `json:"service"`
	// State is pending, ok, retrying or failed.
	State string `json:"state"`
	// Next is when it is sent again.
	Next     int64     `json:"next,omitempty"`
	Request  Request   `json:"request"`
	Attempts []Attempt `json:"attempts"`

	last  dispatch.Attempt
	tried bool
}

// Last returns the last attempt, and false if there was none.
func (d *Delivery) Last() (a dispatch.Attempt, ok bool) { return d.last, d.tried }

// Happened returns Time.
func (r *Row) Happened() time.Time { return time.UnixMilli(r.Time).UTC() }

// Request is what is sent.
type Request struct {
	Method  string            `json:"method,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// Attempt is what came back.
type Attempt struct {
	Number int     `json:"number"`
	Start  int64   `json:"start"`
	Millis float64 `json:"millis"`
	Status int     `json:"status,omitempty"`
	Reason string  `json:"reason,omitempty"`
	Error  string  `json:"error,omitempty"`
	Answer string  `json:"answer,omitempty"`
	Lines  int     `json:"lines,omitempty"` // messages in a batch
}

// The states of a delivery.
const (
	statePending  = "pending"
	stateOK       = "ok"
	stateRetrying = "retrying"
	stateFailed   = "failed"
)

func newDelivery(r *dispatch.Request) *Delivery {
	return &Delivery{
		ID: r.ID, Callback: r.Target.ID(), Service: r.Subject.Service.String(), State: statePending,
		Request: RequestOf(r), Attempts: []Attempt{},
	}
}

// RequestOf shows what is sent.
func RequestOf(r *dispatch.Request) Request {
	switch {
	case r.HTTP != nil:
		shown := Request{Method: r.HTTP.Method, URL: r.HTTP.URL, Body: string(r.HTTP.Body), Headers: map[string]string{}}
		for name := range r.HTTP.Header {
			shown.Headers[name] = r.HTTP.Header.Get(name)
		}
		return shown
	case r.Mail != nil:
		return Request{Method: "MAIL", URL: r.Mail.Recipient, Body: r.Mail.Subject + "\n\n" + r.Mail.Message}
	default:
		return Request{Method: "BATCH", URL: withoutUser(r.Target.Definition().URL), Body: string(r.Line)}
	}
}

// withoutUser cuts user and password out of a URL.
func withoutUser(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); found && at >= 0 {
		return scheme + "://" + host[at+1:] + "/" + path
	}
	return address
}

func attemptOf(a *dispatch.Attempt, start time.Time, lines int) Attempt {
	one := Attempt{
		Number: a.Number, Start: start.UnixMilli(), Millis: float64(a.Duration) / float64(time.Millisecond),
		Status: a.Status, Reason: string(a.Reason), Error: a.Error, Answer: string(a.Answer),
	}
	if lines > 1 {
		one.Lines = lines
	}
	return one
}
