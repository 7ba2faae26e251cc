package pipeline_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

// A whole network in one process: two stations hear a message that asks for a
// downlink, a customer is called back and answers, and learns that the downlink was
// sent. Time is the program's own; with Run in place of Advance it is the clock's,
// and the dispatcher itself is the Sender.
func Example() {
	registry, err := newNetwork()
	if err != nil {
		fmt.Println(err)
		return
	}
	var p *pipeline.Pipeline
	dispatcher, err := dispatch.New(dispatch.Options{
		Transport: inProcess{newCustomer()},
		Hooks: dispatch.Hooks{
			OnAttempt: func(ctx context.Context, end dispatch.AttemptEnd) { p.OnAttempt(ctx, end) },
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err = pipeline.New(pipeline.Options{
		Registry: registry,
		Sender:   sendAtOnce{dispatcher},
		Emit: func(_ context.Context, e pipeline.Emission) error {
			fmt.Println("station", e.Station, "emits", e.Data, "to", e.Message.Device)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	data, _ := sigfox.ParsePayload("2a01")
	heard := dedup.Frame{Device: 0x2C30EA, Time: now.Unix(), Seq: 7, Payload: data, Station: 0x27B9, RSSI: -121}
	if _, err := p.Frame(ctx, now, pipeline.Frame{Frame: heard, Ask: true}); err != nil {
		fmt.Println(err)
	}
	heard.Station, heard.RSSI = 0x1A2B, -98
	if _, err := p.Frame(ctx, now.Add(80*time.Millisecond), pipeline.Frame{Frame: heard, Ask: true}); err != nil {
		fmt.Println(err)
	}
	for next, ok := p.Next(); ok; next, ok = p.Next() {
		p.Advance(ctx, next)
	}
	// Output:
	// DATA/BIDIR 2C30EA 2a01
	// station 1A2B emits 0102030405060708 to 2C30EA
	// SERVICE/DATA_ADVANCED 2C30EA Good 2 stations
	// SERVICE/ACKNOWLEDGE 2C30EA ACKED
}

// newNetwork has one device, whose type has three callbacks.
func newNetwork() (*routing.Registry, error) {
	to := func(s callback.Service, body string) dispatch.TargetOptions {
		return dispatch.TargetOptions{Definition: callback.Definition{
			Channel: callback.ChannelURL, Service: s, Enabled: true, DownlinkHook: s == callback.DataBidir,
			URL: "https://customer.example/" + s.String(), Method: http.MethodPost,
			ContentType: "application/json", BodyTemplate: body,
		}}
	}
	registry, err := routing.New(routing.Options{})
	if err != nil {
		return nil, err
	}
	sensors, err := registry.PutDeviceType(routing.DeviceType{
		Name: "sensors", DownlinkMode: routing.DownlinkCallback,
		Callbacks: []dispatch.TargetOptions{
			to(callback.DataBidir, `{"device":"{device}","time":{time},"data":"{data}","ack":{ack}}`),
			to(callback.ServiceDataAdvanced, `{"device":"{device}","lqi":"{lqi}","duplicates":{duplicates}}`),
			to(callback.ServiceAcknowledge, `{"device":"{device}","infoCode":{infoCode}}`),
		},
	})
	if err != nil {
		return nil, err
	}
	return registry, registry.PutDevice(routing.Device{ID: 0x2C30EA, DeviceTypeID: sensors})
}

// newCustomer is what a customer mounts to receive callbacks.
func newCustomer() http.Handler {
	o := callback.Options{Verifier: callback.Unverified()}
	mux := http.NewServeMux()
	if h, err := callback.NewBidirHandler(func(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
		fmt.Println(m.Service(), m.Device, m.Data)
		return downlink.Send(downlink.Data{1, 2, 3, 4, 5, 6, 7, 8}), nil
	}, o); err == nil {
		mux.Handle("/DATA/BIDIR", h)
	}
	if h, err := callback.NewHandler(func(_ context.Context, m callback.DataAdvanced) error {
		fmt.Println(m.Service(), m.Device, m.LQI, len(m.Duplicates), "stations")
		return nil
	}, o); err == nil {
		mux.Handle("/SERVICE/DATA_ADVANCED", h)
	}
	if h, err := callback.NewHandler(func(_ context.Context, m callback.Acknowledge) error {
		code, _ := m.InfoCode.Get()
		fmt.Println(m.Service(), m.Device, code)
		return nil
	}, o); err == nil {
		mux.Handle("/SERVICE/ACKNOWLEDGE", h)
	}
	return mux
}

// inProcess is a transport that needs no network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// sendAtOnce waits until a callback is delivered, which a network with more than one
// customer must not.
type sendAtOnce struct{ *dispatch.Dispatcher }

func (d sendAtOnce) Enqueue(ctx context.Context, r dispatch.Request) error {
	_, err := d.Send(ctx, r)
	return err
}
