package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

// The bodies are what the Sigfox Cloud makes of these templates:
//
//	{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"ack":{ack}}
//	{"device":"{device}","time":{time},"infoCode":{infoCode},"infoMessage":"{infoMessage}","downlinkAck":{downlinkAck}}
//
// The device measures 19.4 °C, is set to 18.0 °C at first (00c2 00b4) and to 21.5 °C
// in the end (00c2 00d7), and asks twice a day.
const (
	morning  = `{"device":"2C30EA","time":1773468000,"data":"00c200b4","seqNumber":424,"ack":false}`
	noon     = `{"device":"2C30EA","time":1773489600,"data":"00c200b4","seqNumber":425,"ack":true}`
	notSent  = `{"device":"2C30EA","time":1773489635,"infoCode":4,"infoMessage":"Network error","downlinkAck":false}`
	evening  = `{"device":"2C30EA","time":1773511200,"data":"00c200b4","seqNumber":426,"ack":true}`
	sent     = `{"device":"2C30EA","time":1773511235,"infoCode":0,"infoMessage":"Acked","downlinkAck":true}`
	tomorrow = `{"device":"2C30EA","time":1773554400,"data":"00d700d7","seqNumber":427,"ack":false}`
)

// script is the exchange of the demonstration.
var script = []struct{ what, path, body string }{
	{"A message that does not ask for a downlink.", "/sigfox/bidir", morning},
	{"The operator turns the heating up.", "/setpoint/2C30EA?celsius=21.5", ""},
	{"The device asks.", "/sigfox/bidir", noon},
	{"But the base station could not send.", "/sigfox/acknowledge", notSent},
	{"The device asks again.", "/sigfox/bidir", evening},
	{"The same callback once more, as after an answer that came late: no second downlink.", "/sigfox/bidir", evening},
	{"This time it was sent.", "/sigfox/acknowledge", sent},
	{"The device confirms by what it reports.", "/sigfox/bidir", tomorrow},
}

// demo plays the script over loopback.
func demo(ctx context.Context, out *log.Logger) error {
	verifier, err := callback.BearerToken("demo")
	if err != nil {
		return err
	}
	handler, err := newService(verifier, out)
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, step := range script {
		out.Printf("%s\n> POST %s %s", step.what, step.path, step.body)
		answer, err := post(ctx, server.URL+step.path, step.body)
		if err != nil {
			return err
		}
		out.Printf("< %s\n\n", answer)
	}
	return nil
}

// post sends a request as the Sigfox Cloud does, and returns status and body of the
// answer.
func post(ctx context.Context, url, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(answer.Body)
	return answer.Status + " " + string(text), err
}
