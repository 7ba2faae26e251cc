package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

// preview is what a definition would send, and what is wrong with it.
type preview struct {
	Errors  []callback.DefinitionProblem `json:"errors"`
	Request *board.Request               `json:"request,omitempty"`
	Curl    string                       `json:"curl,omitempty"`
	Go      string                       `json:"go,omitempty"`
}

func (n *cloud) servePreview(w http.ResponseWriter, r *http.Request) {
	var body struct {
		DeviceTypeID string              `json:"deviceTypeId"`
		Definition   callback.Definition `json:"definition"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "the body is not JSON", http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, n.preview(body.DeviceTypeID, body.Definition))
}

func (n *cloud) preview(deviceTypeID string, d callback.Definition) preview {
	p := preview{Errors: []callback.DefinitionProblem{}}
	if err, ok := errors.AsType[*callback.DefinitionError](d.Validate()); ok {
		p.Errors = err.Errors
	}
	request, err := sampleRequest(d, n.sample(deviceTypeID))
	if err != nil {
		if len(p.Errors) == 0 {
			p.Errors = append(p.Errors, callback.DefinitionProblem{Type: "body", Field: "bodyTemplate", Message: err.Error()})
		}
		return p
	}
	p.Request = &request
	if d.Channel != callback.ChannelEmail {
		p.Curl = curl(request)
		p.Go = receiverCode(d)
	}
	return p
}

// sample is what a preview is rendered with: a message of a device of the type.
type sample struct {
	device sigfox.DeviceID
	typeID string
	data   sigfox.Payload
	now    time.Time
}

func (n *cloud) sample(deviceTypeID string) sample {
	s := sample{device: deviceID(0), typeID: deviceTypeID, now: n.clock.now()}
	n.mu.Lock()
	defer n.mu.Unlock()
	for d := range n.registry.Devices(deviceTypeID) {
		s.device = d.ID
		s.data, _ = n.world.Sample(d.ID) // all registered devices are in the world
		break
	}
	return s
}

// message writes what a callback reports as the cloud would by its documented names,
// from which a message of any kind can be read.
func (s sample) message() []byte {
	return fmt.Appendf(nil, `{"device":"%v","time":%d,"deviceTypeId":"%s","data":"%v","seqNumber":424,"ack":true,"longPolling":false,`+
		`"rssi":-112.4,"snr":22.18,"station":"1A2B","batt":3.52,"temp":21.5,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,`+
		`"downlinkOverusage":false,"whitelistDevices":0,"repeatedMsg":12,"unwantedDevices":2,"unwantedMsg":1,"wrongMsg":0,`+
		`"overRegulMsg":0,"lqi":"Good","linkQuality":2,"fixedLat":48.2,"fixedLng":16.37,"operatorName":"`+operatorName+`",`+
		`"countryCode":40,"duplicates":[{"bsId":"1A2B","rssi":-112.4,"nbRep":3}],"computedLocation":{"lat":48.2,"lng":16.37,`+
		`"radius":2000,"source":2,"status":1},"info":"No message received since 2026-05-04 12:00:00","severity":"ERROR"}`,
		s.device, s.now.Unix(), s.typeID, s.data)
}

// sampleRequest renders a request by a definition.
func sampleRequest(d callback.Definition, s sample) (board.Request, error) {
	d.ID = "preview"
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d})
	if err != nil {
		return board.Request{}, err
	}
	r, err := renderSample(target, s)
	if err != nil {
		return board.Request{}, err
	}
	if r.Line == nil {
		return board.RequestOf(&r), nil
	}
	compiled, err := d.Compile()
	if err != nil {
		return board.Request{}, err
	}
	r.HTTP, err = compiled.RenderBatch(slices.Values([][]byte{r.Line}))
	return board.RequestOf(&r), err
}

func renderSample(t *dispatch.Target, s sample) (dispatch.Request, error) {
	switch t.Service() {
	case callback.DataUplink:
		return render[callback.Uplink](t, s)
	case callback.DataBidir:
		return render[callback.Bidir](t, s)
	case callback.ServiceStatus:
		return render[callback.Status](t, s)
	case callback.ServiceAcknowledge:
		return render[callback.Acknowledge](t, s)
	case callback.ServiceRepeater:
		return render[callback.Repeater](t, s)
	case callback.ServiceDataAdvanced:
		return render[callback.DataAdvanced](t, s)
	case callback.ServiceGeoloc:
		return render[callback.Geoloc](t, s)
	case callback.ErrorCallback:
		return render[callback.ErrorReport](t, s)
	case callback.EventCallback:
		e := event.New(event.Suspend, s.device, s.now, &event.SubscriptionChange{Subscription: subscription(), UserID: operatingUser})
		return dispatch.NewSourceRequest(t, eventSubject(s.device, e), e)
	default:
		return dispatch.Request{}, errors.New("callbackType and callbackSubtype name no service")
	}
}

func render[M callback.Message](t *dispatch.Target, s sample) (dispatch.Request, error) {
	list, err := callback.ParseBody[M]("application/json", s.message())
	if err != nil {
		return dispatch.Request{}, err
	}
	return dispatch.NewRequest(t, list[0])
}

// curl returns the command that sends a request.
func curl(r board.Request) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	parts := []string{"curl -X " + r.Method + " " + quote(r.URL)}
	for name, value := range r.Headers {
		parts = append(parts, "-H "+quote(name+": "+value))
	}
	slices.Sort(parts[1:])
	if r.Body != "" {
		parts = append(parts, "--data-raw "+quote(r.Body))
	}
	return strings.Join(parts, " \\\n  ")
}
