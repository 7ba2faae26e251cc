package callback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

// send delivers a request as the cloud does, and prints the answer.
func send(h http.Handler, target, authorization, body string) {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body.String())))
}

// A function gets typed messages, whatever the quotes in the customer's template.
func ExampleNewHandler() {
	verifier, err := callback.BearerToken("token from the configuration")
	if err != nil {
		fmt.Println(err)
		return
	}
	uplink, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		fmt.Println(m.Device, m.Time.Format(time.DateTime), m.Data)
		return nil
	}, callback.Options{Verifier: verifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /sigfox/uplink", uplink)

	const body = `{"device":"2C30EA","time":"1507396972","data":"b0513801","seqNumber":"1504"}`
	send(mux, "/sigfox/uplink", "Bearer token from the configuration", body)
	send(mux, "/sigfox/uplink", "Bearer guessed", body)
	// Output:
	// 2C30EA 2017-10-07 17:22:52 b0513801
	// 204
	// 401
}

// A thermostat tells its temperature and is told its set point when it asks.
func ExampleNewBidirHandler() {
	setPoints := map[sigfox.DeviceID]byte{0x2c30ea: 21}
	thermostat, err := callback.NewBidirHandler(func(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
		celsius, known := setPoints[m.Device]
		if !known || !m.WantsDownlink() {
			return downlink.Reply{}, nil
		}
		return downlink.Send(downlink.Data{0: 1, 1: celsius}), nil
	}, callback.Options{Verifier: callback.Unverified()})
	if err != nil {
		fmt.Println(err)
		return
	}
	send(thermostat, "/", "", `{"device":"2c30ea","data":"13","ack":true}`)
	send(thermostat, "/", "", `{"device":"2c30ea","data":"13","ack":false}`)
	send(thermostat, "/", "", `{"device":"1fd48be","data":"13","ack":true}`)
	// Output:
	// 200 {"2c30ea":{"downlinkData":"0115000000000000"}}
	// 204
	// 204
}

// While the secret is changed in the cloud, callbacks come with the old one and
// with the new one.
func ExampleBearerToken_rotation() {
	verifier, err := callback.BearerToken("new", "old")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"new", "old", "older"} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		fmt.Println(token, verifier.Verify(r) == nil)
	}
	// An empty secret, such as that of a variable which is not set, is refused.
	_, err = callback.BearerToken("")
	fmt.Println(err)
	// Output:
	// new true
	// old true
	// older false
	// callback: empty secret
}

// Behind a proxy of your own the client is the last address that is not yours. What stands
// left of it was written by the client.
func ExampleSource() {
	source, err := callback.Source(callback.SourceOptions{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.RemoteAddr = "10.0.0.1:4711"
	for _, forwarded := range []string{"185.110.97.10", "185.110.97.10, 203.0.113.5"} {
		r.Header.Set("X-Forwarded-For", forwarded)
		fmt.Println(source.Verify(r))
	}
	// Output:
	// <nil>
	// callback: request not verified: address 203.0.113.5
}

// The address of the sender and a secret make a good pair.
func ExampleAllOf() {
	source, err := callback.Source(callback.SourceOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := callback.BearerToken("token")
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := callback.AllOf(source, token)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Authorization", "Bearer token")
	for _, addr := range []string{"185.110.97.10:4711", "203.0.113.5:4711"} {
		r.RemoteAddr = addr
		fmt.Println(addr, verifier.Verify(r) == nil)
	}
	// Output:
	// 185.110.97.10:4711 true
	// 203.0.113.5:4711 false
}

// A queue answers callbacks at once and works through them in the background.
func ExampleQueue() {
	queue, err := callback.NewQueue(func(_ context.Context, m callback.Status) error {
		fmt.Println("slow work for", m.Device)
		return nil
	}, callback.QueueOptions[callback.Status]{Size: 100, Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := callback.NewHandler(queue.Handle, callback.Options{Verifier: callback.Unverified()})
	if err != nil {
		fmt.Println(err)
		return
	}
	send(h, "/", "", `{"device":"2C30EA","batt":3.6}`)
	send(h, "/", "", `{"device":"1FD48BE","batt":3.1}`)
	fmt.Println(queue.Len(), "waiting")

	// A program runs the queue until it is told to stop, here before it started: Run
	// handles what waits and returns.
	ctx, stop := context.WithCancel(context.Background())
	stop()
	fmt.Println(queue.Run(ctx))
	// Output:
	// 204
	// 204
	// 2 waiting
	// slow work for 2C30EA
	// slow work for 1FD48BE
	// context canceled
}

// The cloud sends again when an answer came late. With Seen, the first success
// counts.
func ExampleOptions_seen() {
	seen, err := dedup.NewSeen(dedup.SeenOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	stock := errors.New("the database is down")
	h, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		fmt.Println("handling", m.Device)
		defer func() { stock = nil }()
		return stock
	}, callback.Options{Verifier: callback.Unverified(), Seen: seen})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		send(h, "/", "", `{"device":"2C30EA","time":1507396972,"seqNumber":1504}`)
	}
	// Output:
	// handling 2C30EA
	// 500
	// handling 2C30EA
	// 204
	// 204
}

// OnError sees every error and may choose another answer: 204 keeps the cloud from
// sending again what will never be readable.
func ExampleOptions_onError() {
	h, err := callback.NewHandler(func(context.Context, callback.Uplink) error { return nil }, callback.Options{
		Verifier: callback.Unverified(),
		OnError: func(info callback.ErrorInfo) int {
			if f, ok := errors.AsType[*callback.FieldError](info.Err); ok {
				fmt.Println("given up:", f.Field, f.Err)
				return http.StatusNoContent
			}
			return 0
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	send(h, "/", "", `{"data":"00"}`)
	// Output:
	// given up: device missing
	// 204
}

// Bodies that come another way than over HTTP are read without a handler.
func ExampleParseBody() {
	body := []byte(`{"device":"1FD48BE","time":1653666733,"data":"00","seqNumber":16,"lqi":"Limit",` +
		`"countryCode":528,"computedLocation":{"lat":52.0033,"lng":5.569,"radius":7800,"source":2,"status":1}}`)
	messages, err := callback.ParseBody[callback.DataAdvanced]("application/json", body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range messages {
		quality, _ := m.Quality()
		lat, lng, ok := m.ComputedLocation.Or(callback.Location{}).Position()
		fmt.Println(m.Device, quality, lat, lng, ok)
	}
	// Output: 1FD48BE Limit 52.0033 5.569 true
}

// The good messages of a batch are returned beside the errors of the others.
func ExampleParseBody_batch() {
	body := []byte(`{"device":"2C30EA","data":"01"}
{"device":"2C30EB","data":"0"}
{"device":"2C30EC","data":"03"}
`)
	messages, err := callback.ParseBody[callback.Uplink]("application/json", body)
	for _, m := range messages {
		fmt.Println(m.Device, m.Data)
	}
	fmt.Println(err)
	// Output:
	// 2C30EA 01
	// 2C30EC 03
	// callback: DATA/UPLINK line 2: data at offset 58: "0": odd number of hex digits
}

// What a template adds to the documented variables is kept.
func ExampleExtra() {
	messages, err := callback.ParseBody[callback.Uplink]("application/json",
		[]byte(`{"device":"2C30EA","site":"Oslo","floor":3,"customData#temp":21.5}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	m := messages[0]
	site, _ := m.Extra.Text("site")
	fmt.Println(site, m.CustomData["temp"])
	fmt.Println(string(m.AppendJSON(nil)))
	// Output:
	// Oslo 21.5
	// {"service":"DATA/UPLINK","device":"2C30EA","customData":{"temp":21.5},"extra":{"floor":3,"site":"Oslo"}}
}

func ExampleErrorReport_LastMessage() {
	m := callback.ErrorReport{Device: 0x2c30ea, Info: "No message received since 2019-01-08 06:34:14"}
	last, ok := m.LastMessage()
	fmt.Println(last.Format(time.DateTime), ok)
	// Output: 2019-01-08 06:34:14 true
}

// The catalogue tells which variables a template may use.
func ExampleService_Variables() {
	for v := range callback.ServiceAcknowledge.Variables() {
		if !v.Legacy() {
			fmt.Println(v.Name, v.Type)
		}
	}
	// Output:
	// device hex
	// time integer
	// infoCode integer
	// infoMessage string
	// downlinkAck bool
	// downlinkOverusage bool
}

func ExampleBucket() {
	fmt.Println(callback.Bucket(3), callback.Bucket(15))
	low, high, ok := callback.Bucket(3).Range()
	fmt.Println(low, high, ok)
	// Output:
	// 10..49 1000 or more
	// 10 49 true
}
