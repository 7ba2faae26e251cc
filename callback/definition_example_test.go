package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

// A definition is what the API answers for a callback, or what was typed into the
// form of the cloud.
func ExampleDefinition_Validate() {
	var d callback.Definition
	err := json.Unmarshal([]byte(`{
		"channel": "URL", "callbackType": 0, "callbackSubtype": 2, "enabled": true,
		"url": "https://example.com/sigfox", "httpMethod": "POST", "headers": {"Content-Type": "application/json"},
		"contentType": "application/json",
		"payloadConfig": "temperature::int:16",
		"bodyTemplate": "{\"id\": \"{device}\", \"t\": {customData#temp}, \"ack\": {ack}}"
	}`), &d)
	if err != nil {
		fmt.Println(err)
		return
	}
	if problems, ok := errors.AsType[*callback.DefinitionError](d.Validate()); ok {
		for _, problem := range problems.Errors {
			fmt.Println(problem.Field+":", problem.Message)
		}
	}
	// Output:
	// headers: Content-Type is a standard header; only Authorization can be set
	// bodyTemplate: {customData#temp} is not in payloadConfig
	// bodyTemplate: {ack} is not offered by DATA/UPLINK
}

// The callbacks of a device type are checked together: one at most answers with
// downlinks.
func ExampleValidateDefinitions() {
	bidir := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataBidir, Method: "GET",
		URL: "https://example.com/?id={device}&ack={ack}", DownlinkHook: true,
	}
	fmt.Println(callback.ValidateDefinitions([]callback.Definition{bidir, bidir}))
	// Output:
	// callback: definition: [1].downlinkHook: another callback carries downlinks already
}

// Sending: a definition renders the request that the cloud would send for a message.
func ExampleCompiled_Render() {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST",
		URL: "https://example.com/{device}", Headers: map[string]string{"X-Seq": "{seqNumber}"},
		ContentType: "application/json", PayloadConfig: "temperature::int:16",
		BodyTemplate: `{"at": {time}, "temperature": {customData#temperature}, "rssi": {rssi}}`,
	}
	compiled, err := d.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	messages, err := callback.ParseBody[callback.Uplink]("", []byte(`{"device":"2C30EA","time":1546929254,"seqNumber":7,"data":"00d7"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := compiled.Render(callback.SourceOf(&messages[0], compiled))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Method, request.URL, request.Header)
	fmt.Println(string(request.Body))
	// Output:
	// POST https://example.com/2C30EA map[Content-Type:[application/json] X-Seq:[7]]
	// {"at": 1546929254, "temperature": 215, "rssi": null}
}

// Receiving: given the definition, the handler reads renamed keys, nested objects, the
// path, and custom data with its types.
func ExampleNewHandler_definition() {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST", URL: "https://example.com/in/{device}",
		ContentType: "application/json", PayloadConfig: "temperature::int:16 open::bool:0",
		BodyTemplate: `{"when": "{time}", "room": {"t": {customData#temperature}, "door": {customData#open}}}`,
	}
	handler, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		temperature, _ := m.CustomData["temperature"].Int()
		open, _ := m.CustomData["open"].Bool()
		fmt.Println(m.Device, m.Time.Unix(), temperature, open)
		return nil
	}, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	if err != nil {
		fmt.Println(err)
		return
	}
	body := strings.NewReader(`{"when": "1546929254", "room": {"t": 215, "door": true}}`)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/in/2C30EA", body))
	// Output:
	// 2C30EA 1546929254 215 true
}
