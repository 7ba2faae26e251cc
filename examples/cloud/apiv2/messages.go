package apiv2

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// MessageQuery is what messages are asked for by: a device or a device type.
type MessageQuery struct {
	Device       sigfox.Opt[sigfox.DeviceID]
	DeviceTypeID string
	// Since and Before limit the time of the messages; zero: no limit.
	Since, Before time.Time
}

// Message is one message of a device.
type Message struct {
	Device      sigfox.DeviceID
	Time        time.Time
	Data        string
	SeqNumber   sigfox.Opt[sigfox.SeqNumber]
	LinkQuality sigfox.Opt[sigfox.LinkQuality]
	AckRequired bool
	Frames      int
	Operator    string
	Receptions  []Reception
	// Callbacks are the last calls of its callbacks.
	Callbacks []dispatch.CallbackStatus
	// Downlink is the data that was sent, "" if none was.
	Downlink string
}

// Reception is what a base station received of a message.
type Reception struct {
	Station   sigfox.StationID
	RSSI, SNR float64
	Frames    int
}

type message struct {
	Device      ref             `json:"device"`
	Time        int64           `json:"time"` // milliseconds
	Data        string          `json:"data"`
	SeqNumber   *int            `json:"seqNumber,omitempty"`
	AckRequired bool            `json:"ackRequired"`
	LQI         *int            `json:"lqi,omitempty"`
	NbFrames    int             `json:"nbFrames,omitempty"`
	Operator    string          `json:"operator,omitempty"`
	RInfos      []rinfo         `json:"rinfos"`
	Downlink    *downlinkStatus `json:"downlinkAnswerStatus,omitempty"`
}

type downlinkStatus struct {
	Data string `json:"data"`
}

// rinfo is one reception. The states of callbacks stand with the first one.
type rinfo struct {
	BaseStation ref                       `json:"baseStation"`
	RSSI        float64                   `json:"rssi"`
	SNR         float64                   `json:"snr"`
	Rep         int                       `json:"rep"`
	CbStatus    []dispatch.CallbackStatus `json:"cbStatus,omitempty"`
}

func (m *Message) resource() message {
	out := message{
		Device: ref{ID: m.Device.String()}, Time: m.Time.UnixMilli(), Data: m.Data, AckRequired: m.AckRequired,
		NbFrames: m.Frames, Operator: m.Operator, RInfos: make([]rinfo, 0, len(m.Receptions)),
	}
	if n, found := m.SeqNumber.Get(); found {
		seq := int(n)
		out.SeqNumber = &seq
	}
	if q, found := m.LinkQuality.Get(); found {
		lqi := int(q)
		out.LQI = &lqi
	}
	for i, r := range m.Receptions {
		info := rinfo{BaseStation: ref{ID: r.Station.String()}, RSSI: decimals(r.RSSI), SNR: decimals(r.SNR), Rep: r.Frames}
		if i == 0 {
			info.CbStatus = m.Callbacks
		}
		out.RInfos = append(out.RInfos, info)
	}
	if m.Downlink != "" {
		out.Downlink = &downlinkStatus{m.Downlink}
	}
	return out
}

// decimals rounds to the two decimals that the API gives.
func decimals(x float64) float64 { return math.Round(x*100) / 100 }

func (a *api) deviceMessages(r *http.Request) answer {
	d, found := a.device(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return a.messages(r, MessageQuery{Device: sigfox.Some(d.ID)})
}

func (a *api) deviceTypeMessages(r *http.Request) answer {
	id := r.PathValue("id")
	if _, found := a.Registry.DeviceType(id); !found {
		return failure(routing.ErrNotFound)
	}
	return a.messages(r, MessageQuery{DeviceTypeID: id})
}

func (a *api) messages(r *http.Request, q MessageQuery) answer {
	var errs [2]error
	q.Since, errs[0] = moment(r, "since")
	q.Before, errs[1] = moment(r, "before")
	for i, name := range []string{"since", "before"} {
		if errs[i] != nil {
			return failedField("query", name, "must be a time in milliseconds")
		}
	}
	return paged(r, a.Messages(q), (*Message).resource)
}

// moment reads a parameter in milliseconds; zero if there is none.
func moment(r *http.Request, name string) (time.Time, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err
}
