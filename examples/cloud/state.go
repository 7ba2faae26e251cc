package main

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

// state is all that the page shows when it is loaded.
type state struct {
	Now         int64            `json:"now"`
	Speed       float64          `json:"speed"`
	Waiting     bool             `json:"waiting"`
	Target      string           `json:"target"`
	Example     example          `json:"example"`
	Demo        *bool            `json:"demo"`
	API         credentials      `json:"api"`
	Counts      board.Counts     `json:"counts"`
	Stations    []stationState   `json:"stations"`
	DeviceTypes []deviceTypeView `json:"deviceTypes"`
	Devices     []deviceState    `json:"devices"`
	Callbacks   []callbackState  `json:"callbacks"`
	Rows        json.RawMessage  `json:"rows"`
}

type credentials struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

type stationState struct {
	ID  sigfox.StationID `json:"id"`
	Lat float64          `json:"lat"`
	Lng float64          `json:"lng"`
}

type deviceTypeView struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	PayloadConfig string `json:"payloadConfig"`
}

// deviceState is a device as the page shows it.
type deviceState struct {
	ID           sigfox.DeviceID   `json:"id"`
	Name         string            `json:"name"`
	DeviceTypeID string            `json:"deviceTypeId"`
	Lat          float64           `json:"lat"`
	Lng          float64           `json:"lng"`
	Silent       bool              `json:"silent"`
	Downlinks    int               `json:"downlinks"`
	LastDownlink string            `json:"lastDownlink,omitempty"`
	Pending      []pendingDownlink `json:"pending,omitempty"`
}

type pendingDownlink struct {
	Data    string `json:"data"`
	OnOffer bool   `json:"onOffer"`
}

func (n *cloud) serveState(w http.ResponseWriter, _ *http.Request) {
	rows, err := n.board.Rows()
	if err != nil {
		http.Error(w, "the messages cannot be written", http.StatusInternalServerError)
		return
	}
	s := state{
		Now: n.clock.now().UnixMilli(), Speed: n.clock.speed, Waiting: n.clock.waiting(), Target: n.config.target, Counts: n.board.Counts(),
		API: credentials{apiLogin, apiPassword}, Rows: rows, Callbacks: n.callbacks(), Example: n.example(),
	}
	if n.demo != nil {
		running := n.demo.Running()
		s.Demo = &running
	}
	for t := range n.registry.DeviceTypes() {
		s.DeviceTypes = append(s.DeviceTypes, deviceTypeView{t.ID, t.Name, t.PayloadConfig})
	}
	n.radioState(&s)
	writeJSON(w, http.StatusOK, s)
}

// maxDevices is how many devices the page shows.
const maxDevices = 2000

func (n *cloud) radioState(s *state) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, station := range n.world.Stations() {
		s.Stations = append(s.Stations, stationState{station.ID, station.Lat, station.Lng})
	}
	for d := range n.world.Devices() {
		if len(s.Devices) == maxDevices {
			return
		}
		s.Devices = append(s.Devices, n.device(d.ID))
	}
}

// example is where a new callback may be sent to.
type example struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

func (n *cloud) example() example {
	base := n.config.target
	if n.demo != nil {
		base = n.demo.Base()
	}
	d := documented(callback.DataUplink, base, n.token)
	return example{d.URL, d.Headers}
}

// device returns the state of a device. n.mu is held.
func (n *cloud) device(id sigfox.DeviceID) deviceState {
	d, _ := n.world.Device(id)
	registered, _ := n.registry.Device(id)
	s := deviceState{
		ID: id, Name: registered.Name, DeviceTypeID: registered.DeviceTypeID, Lat: d.Lat, Lng: d.Lng,
		Silent: d.Silent, Downlinks: d.Downlinks,
	}
	if d.Downlinks > 0 {
		s.LastDownlink = d.Last.String()
	}
	if n.demo != nil {
		for p := range n.demo.Downlinks.Pending(n.clock.now(), id) {
			s.Pending = append(s.Pending, pendingDownlink{p.Data.String(), p.OnOffer})
		}
	}
	return s
}

// tellDevice tells the pages how a device is now.
func (n *cloud) tellDevice(id sigfox.DeviceID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.board.Tell("device", n.device(id))
}

// callbackState is a callback with how its target does.
type callbackState struct {
	definition   callback.Definition
	deviceTypeID string
	health       dispatch.Health
}

// MarshalJSON implements json.Marshaler: the resource of the API with three members
// more.
func (c callbackState) MarshalJSON() ([]byte, error) {
	resource, err := json.Marshal(c.definition)
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(struct {
		DeviceTypeID string      `json:"deviceTypeId"` // "" for those of the group
		Service      string      `json:"service"`
		Health       healthState `json:"health"`
	}{c.deviceTypeID, c.definition.Service.String(), healthState{
		string(c.health.State), string(c.health.Reason), c.health.Error, c.health.Pending,
	}})
	if err != nil {
		return nil, err
	}
	return slices.Concat(resource[:len(resource)-1], []byte(","), more[1:]), nil
}

type healthState struct {
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Error   string `json:"error,omitempty"`
	Pending int    `json:"pending,omitempty"`
}

// callbacks returns the callbacks of all device types, and those for events.
func (n *cloud) callbacks() []callbackState {
	all := []callbackState{}
	for g := range n.registry.Groups() {
		for _, c := range g.Callbacks {
			all = append(all, callbackState{n.shown(c.Definition), "", n.health(c.ID)})
		}
	}
	for t := range n.registry.DeviceTypes() {
		for _, c := range t.Callbacks {
			all = append(all, callbackState{n.shown(c.Definition), t.ID, n.health(c.ID)})
		}
	}
	return all
}

// shown returns a definition as it is told: whether it is dead comes from its target.
func (n *cloud) shown(d callback.Definition) callback.Definition {
	d.Dead = n.health(d.ID).Dead()
	return d
}

func (n *cloud) health(id string) dispatch.Health {
	if h, ok := n.dispatcher.Health(id); ok {
		return h
	}
	return dispatch.Health{Target: id, State: dispatch.Healthy}
}

func (n *cloud) tellCallbacks() { n.board.Tell("callbacks", n.callbacks()) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
