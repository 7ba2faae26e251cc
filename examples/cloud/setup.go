package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/examples/cloud/demo"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
)

// kind is a kind of device that the cloud starts with: how devices of it send, and
// what the cloud is configured with for them.
type kind struct {
	profile  radio.Profile
	part     int // of all devices, in hundredths
	mode     routing.DownlinkMode
	direct   string
	uplinks  int  // a day, by contract; 0 for the default
	batch    bool // the first callback sends the messages of a second together
	services []callback.Service
}

var kinds = []kind{
	{
		profile: radio.Profile{
			Name: "Climate sensor", PayloadConfig: "temp::int:16 hum::uint:8 bat::uint:8",
			Ranges:   map[string]radio.Range{"temp": {Min: 180, Max: 260}, "hum": {Min: 30, Max: 70}, "bat": {Min: 60, Max: 100}},
			Interval: 10 * time.Minute, StatusEvery: 3,
		},
		part: 40, mode: routing.DownlinkNone,
		services: []callback.Service{
			callback.DataUplink, callback.ServiceDataAdvanced, callback.ServiceStatus, callback.ErrorCallback,
		},
	},
	{
		profile: radio.Profile{
			Name: "Thermostat", PayloadConfig: "temp::int:16 setpoint::uint:8 valve::uint:8",
			Ranges:   map[string]radio.Range{"temp": {Min: 180, Max: 240}, "setpoint": {Min: 18, Max: 23}, "valve": {Max: 100}},
			Interval: 8 * time.Minute, AskEvery: 2,
		},
		part: 20, mode: routing.DownlinkCallback,
		services: []callback.Service{callback.DataBidir, callback.ServiceAcknowledge, callback.ErrorCallback},
	},
	{
		profile: radio.Profile{
			Name: "Water meter", PayloadConfig: "litres::uint:32 leak:4:bool:7",
			Ranges:      map[string]radio.Range{"litres": {Max: 900_000, Rises: true}, "leak": {Max: 0.53}},
			Interval:    12 * time.Minute,
			SingleFrame: true, Rollover: 128,
		},
		part: 20, mode: routing.DownlinkNone, uplinks: 2, batch: true,
		services: []callback.Service{callback.DataUplink, callback.ErrorCallback},
	},
	{
		profile: radio.Profile{
			Name: "Tracker", PayloadConfig: "speed::uint:8 heading::uint:16 moving:3:bool:0",
			Ranges:   map[string]radio.Range{"speed": {Max: 90}, "heading": {Max: 359}},
			Interval: 6 * time.Minute, AskEvery: 4,
		},
		part: 15, mode: routing.DownlinkDirect, direct: "{tapId}0000{rssi}",
		services: []callback.Service{
			callback.DataUplink, callback.ServiceDataAdvanced, callback.ServiceAcknowledge, callback.ErrorCallback,
		},
	},
	{
		profile: radio.Profile{
			Name: "Repeater", PayloadConfig: "bat::uint:8",
			Ranges:   map[string]radio.Range{"bat": {Min: 60, Max: 100}},
			Interval: 10 * time.Minute, StatusEvery: 1, Repeater: true,
		},
		part: 5, mode: routing.DownlinkNone,
		services: []callback.Service{callback.ServiceRepeater},
	},
}

// keepAlive is the shortest that the cloud allows.
const keepAlive = 30 * time.Minute

// newID returns ids that follow from the seed.
func newID(seed uint64) func() string {
	rng := rand.New(rand.NewPCG(seed, 0x1d))
	return func() string { return fmt.Sprintf("%016x%08x", rng.Uint64(), rng.Uint32()) }
}

// setUp registers a group with device types and devices, and brings the devices into
// the world. token is what callbacks carry, if anything.
func setUp(registry *routing.Registry, world *radio.World, base, token string, devices int) error {
	group, err := registry.PutGroup(routing.Group{
		Name:      "Demo group",
		Callbacks: []dispatch.TargetOptions{{Definition: documented(callback.EventCallback, base, token)}},
	})
	if err != nil {
		return err
	}
	types := make([]string, len(kinds))
	for i := range kinds {
		k := &kinds[i]
		t := routing.DeviceType{
			Name: k.profile.Name, GroupID: group, KeepAlive: keepAlive, DownlinkMode: k.mode, DownlinkData: k.direct,
			PayloadConfig: k.profile.PayloadConfig, UplinksPerDay: k.uplinks,
		}
		for _, s := range k.services {
			d := documented(s, base, token)
			d.DownlinkHook = s == callback.DataBidir
			t.Callbacks = append(t.Callbacks, dispatch.TargetOptions{Definition: d})
		}
		if k.batch && token != "" {
			t.Callbacks[0].Definition = demo.Batch(base, token)
		}
		if types[i], err = registry.PutDeviceType(t); err != nil {
			return err
		}
	}
	for n := range devices {
		if err := addDevice(registry, world, n, types); err != nil {
			return err
		}
	}
	return nil
}

// deviceID returns the id of the n-th device.
func deviceID(n int) sigfox.DeviceID { return sigfox.DeviceID(0x2C3000 + n) }

// addDevice adds the n-th device.
func addDevice(registry *routing.Registry, world *radio.World, n int, types []string) error {
	k := kindOf(n)
	id := deviceID(n)
	d, err := world.Add(id, &kinds[k].profile)
	if err != nil {
		return err
	}
	return registry.PutDevice(routing.Device{
		ID: id, DeviceTypeID: types[k], Name: fmt.Sprintf("%s %d", kinds[k].profile.Name, n+1),
		Lat: sigfox.Some(d.Lat), Lng: sigfox.Some(d.Lng),
	})
}

// kindOf returns the kind of the n-th device: the first ones are one of each.
func kindOf(n int) int {
	if n < len(kinds) {
		return n
	}
	at := n * 37 % 100
	for k := range kinds {
		if at -= kinds[k].part; at < 0 {
			return k
		}
	}
	return 0
}

// documented returns a callback that sends all that a service documents, as JSON, to
// the route of its kind.
func documented(s callback.Service, base, token string) callback.Definition {
	var body strings.Builder
	separator := "{"
	for v := range s.Variables() {
		if v.Legacy() || v.Availability == callback.Withdrawn {
			continue
		}
		quote := `"`
		if v.Type == callback.TypeInteger || v.Type == callback.TypeFloat || v.Type == callback.TypeBool || v.Type == callback.TypeJSON {
			quote = ""
		}
		fmt.Fprintf(&body, "%s\n  %q: %s{%s}%s", separator, v.Name, quote, v.Name, quote)
		separator = ","
	}
	body.WriteString("\n}")
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: s, Enabled: true, Method: http.MethodPost,
		URL: base + demo.Routes[s], ContentType: "application/json", BodyTemplate: body.String(), SendSNI: true,
	}
	if token != "" {
		d.Headers = map[string]string{"Authorization": "Bearer " + token}
	}
	return d
}
