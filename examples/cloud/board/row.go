package board

import (
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
	LQI string `json:"lqi,omitempty"`
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
}

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
	d := &Delivery{
		ID: r.ID, Callback: r.Target.ID(), Service: r.Subject.Service.String(), State: statePending, Attempts: []Attempt{},
	}
	switch {
	case r.HTTP != nil:
		d.Request = Request{Method: r.HTTP.Method, URL: r.HTTP.URL, Body: string(r.HTTP.Body), Headers: map[string]string{}}
		for name := range r.HTTP.Header {
			d.Request.Headers[name] = r.HTTP.Header.Get(name)
		}
	case r.Mail != nil:
		d.Request = Request{Method: "MAIL", URL: r.Mail.Recipient, Body: r.Mail.Subject + "\n\n" + r.Mail.Message}
	default:
		d.Request = Request{Method: "BATCH", URL: r.Target.Definition().URL, Body: string(r.Line)}
	}
	return d
}

func attemptOf(a *dispatch.Attempt, lines int) Attempt {
	one := Attempt{
		Number: a.Number, Start: a.Start.UnixMilli(), Millis: float64(a.Duration) / float64(time.Millisecond),
		Status: a.Status, Reason: string(a.Reason), Error: a.Error, Answer: string(a.Answer),
	}
	if lines > 1 {
		one.Lines = lines
	}
	return one
}
