package callbacktest_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

// A handler is tested with a message, its request and the answer to it.
func Example() {
	h, err := callback.NewBidirHandler(func(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{m.Data.At(0)}), nil
	}, callback.Options{Verifier: callback.Unverified()})
	if err != nil {
		fmt.Println(err)
		return
	}

	m := callbacktest.Bidir()
	w := callbacktest.Deliver(h, callbacktest.NewRequest("/bidir", callbacktest.JSON, m))
	reply, err := callbacktest.Reply(w, m.Device)

	data, ok := reply.Data()
	fmt.Println(data, ok, err)
	// Output: d600000000000000 true <nil>
}

// Messages are structs: what a test is about is set on them. So are requests.
func ExampleNewRequest() {
	m := callbacktest.Status()
	m.Batt = sigfox.Some(2.1)
	r := callbacktest.NewRequest("/status", callbacktest.QuotedJSON, m)
	r.Method = http.MethodPut
	r.Header.Set("Authorization", "Bearer secret")

	lowBattery := func(_ context.Context, m callback.Status) error {
		if volts, ok := m.Batt.Get(); ok && volts < 2.5 {
			fmt.Println("change the battery of", m.Device)
		}
		return nil
	}
	verifier, err := callback.BearerToken("secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := callback.NewHandler(lowBattery, callback.Options{Verifier: verifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(callbacktest.Deliver(h, r).Code)
	// Output:
	// change the battery of 2C30EA
	// 204
}

// A batch has one message on each line.
func ExampleNewRequest_batch() {
	first, second := callbacktest.Uplink(), callbacktest.Uplink()
	second.Device = 0x1fd48be

	var rec callbacktest.Recorder[callback.Uplink]
	h, err := callback.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified()})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := callbacktest.Deliver(h, callbacktest.NewRequest("/uplink", callbacktest.JSON, first, second))
	for _, m := range rec.Messages() {
		fmt.Println(w.Code, m.Device)
	}
	// Output:
	// 204 2C30EA
	// 204 1FD48BE
}

// A Recorder tests what stands around a function, here a route with a secret.
func ExampleRecorder() {
	var rec callbacktest.Recorder[callback.ErrorReport]
	verifier, err := callback.PathSecret("secret", "7b1f")
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := callback.NewHandler(rec.Handle, callback.Options{Verifier: verifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/sigfox/{secret}/error", h)

	for _, target := range []string{"/sigfox/7b1f/error", "/sigfox/wrong/error"} {
		w := callbacktest.Deliver(mux, callbacktest.NewRequest(target, callbacktest.Form, callbacktest.ErrorReport()))
		fmt.Println(w.Code, len(rec.Messages()))
	}
	// Output:
	// 204 1
	// 401 1
}

// A handler that is given the definition of its callback is tested with what that sends.
func ExampleNewRequestBy() {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: http.MethodPost,
		URL: "https://example.com/sigfox/{device}", ContentType: "application/json",
		BodyTemplate: `{"at":{time},"level":{customData#level}}`, PayloadConfig: "level::uint:8",
	}
	h, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		fmt.Println(m.Device, m.CustomData["level"])
		return nil
	}, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := callbacktest.Uplink()
	m.Data, err = sigfox.NewPayload([]byte{42})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(callbacktest.Deliver(h, callbacktest.NewRequestBy(d, m)).Code)
	// Output:
	// 2C30EA 42
	// 204
}
