package routing_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// A device type with two callbacks, and where a message of its device goes.
func Example() {
	r, _ := routing.New(routing.Options{})
	fridges, err := r.PutDeviceType(routing.DeviceType{
		Name:      "Fridges",
		KeepAlive: 2 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{"https://a.example.com/", "https://b.example.com/"} {
		_, err := r.AddCallback(fridges, dispatch.TargetOptions{Definition: callback.Definition{
			Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true,
			Method: "GET", URL: address + "{device}?data={data}",
		}})
		if err != nil {
			fmt.Println(err)
		}
	}
	if err := r.PutDevice(routing.Device{ID: 0x2C30EA, DeviceTypeID: fridges}); err != nil {
		fmt.Println(err)
	}

	for target := range r.Route(0x2C30EA, callback.DataUplink) {
		fmt.Println(target.Definition().URL)
	}
	// Output:
	// https://a.example.com/{device}?data={data}
	// https://b.example.com/{device}?data={data}
}

// An event of a device type goes to its group and to the groups above that.
func ExampleRegistry_RouteEvent() {
	r, _ := routing.New(routing.Options{})
	event := func(address string) []dispatch.TargetOptions {
		return []dispatch.TargetOptions{{Definition: callback.Definition{
			Channel: callback.ChannelURL, Service: callback.EventCallback, Enabled: true,
			Method: "POST", URL: address, ContentType: "application/json", BodyTemplate: `{"eventType":"{eventType}"}`,
		}}}
	}
	operator, _ := r.PutGroup(routing.Group{Name: "Operator", Callbacks: event("https://operator.example.com/")})
	customer, _ := r.PutGroup(routing.Group{
		Name: "Customer", ParentID: operator, Callbacks: event("https://customer.example.com/"),
	})

	for target := range r.RouteEvent(customer) {
		fmt.Println(target.Definition().URL)
	}
	// Output:
	// https://customer.example.com/
	// https://operator.example.com/
}

// What is wrong is told by the field, as the API of the cloud does.
func ExampleInvalidError() {
	r, _ := routing.New(routing.Options{})
	_, err := r.PutDeviceType(routing.DeviceType{KeepAlive: time.Minute, DownlinkData: "00"})
	if invalid, ok := errors.AsType[*routing.InvalidError](err); ok {
		for _, problem := range invalid.Errors {
			fmt.Println(problem.Field)
		}
	}
	// Output:
	// keepAlive
	// downlinkDataString
}

// A View answers all questions about one message, whatever changes meanwhile.
func ExampleRegistry_View() {
	r, _ := routing.New(routing.Options{})
	valves, _ := r.PutDeviceType(routing.DeviceType{DownlinkMode: routing.DownlinkCallback})
	hook, _ := r.AddCallback(valves, dispatch.TargetOptions{Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataBidir, Enabled: true,
		Method: "GET", URL: "https://example.com/{device}?ack={ack}",
	}})
	_ = r.PutDevice(routing.Device{ID: 1, DeviceTypeID: valves})

	v, _ := r.View(1)
	fmt.Println(v.DownlinkMode(), v.Hook() == nil)
	_ = r.SelectDownlink(hook)
	v, _ = r.View(1)
	fmt.Println(v.DownlinkMode(), v.Hook() == nil, v.DownlinksPerDay())
	// Output:
	// CALLBACK true
	// CALLBACK false 4
}
