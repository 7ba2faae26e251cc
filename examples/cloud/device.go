package main

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// action is what the page asks of a device.
type action struct {
	Data   *string `json:"data"`
	Ask    bool    `json:"ask"`
	Silent bool    `json:"silent"`
	N      int     `json:"n"`
}

// errNoAction means that the page asked for what there is not.
var errNoAction = errors.New("there is no such action")

// serveDevice has a device do something.
func (n *cloud) serveDevice(w http.ResponseWriter, r *http.Request) {
	id, err := sigfox.ParseDeviceID(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var a action
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		http.Error(w, "the body is not JSON", http.StatusBadRequest)
		return
	}
	switch err := n.act(id, r.PathValue("action"), a); {
	case errors.Is(err, errNoAction):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		n.tellDevice(id)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (n *cloud) act(id sigfox.DeviceID, what string, a action) error {
	if what == "downlink" {
		return n.queueDownlink(id, a)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.now()
	switch what {
	case "send":
		data, err := n.world.Sample(id)
		if err == nil && a.Data != nil {
			data, err = sigfox.ParsePayload(*a.Data)
		}
		if err != nil {
			return err
		}
		return n.world.Send(now, id, data, a.Ask)
	case "status":
		return n.world.Status(now, id)
	case "silence":
		return n.world.Silence(id, a.Silent)
	case "skip":
		if a.N < 1 || a.N > int(sigfox.MaxSeqNumber) {
			return errors.New("n must be between 1 and 4095")
		}
		return n.world.Skip(id, a.N)
	case "reflash":
		return n.world.Reflash(id)
	default:
		return errNoAction
	}
}

// queueDownlink has the demo receiver answer the next message that asks.
func (n *cloud) queueDownlink(id sigfox.DeviceID, a action) error {
	if n.demo == nil {
		return errors.New("your own receiver answers: queue the downlink there")
	}
	if a.Data == nil {
		return errors.New("data is missing")
	}
	data, err := downlink.ParseData(*a.Data)
	if err != nil {
		return err
	}
	return n.demo.Downlinks.Push(n.clock.now(), id, data, downlink.PushOptions{})
}

// serveDemo starts or stops the demo receiver.
func (n *cloud) serveDemo(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Running bool `json:"running"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&body); {
	case n.demo == nil:
		http.Error(w, "callbacks go to your own receiver", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, "the body is not JSON", http.StatusBadRequest)
		return
	}
	if body.Running {
		n.demo.Start()
	} else {
		n.demo.Stop()
	}
	n.board.Tell("demo", body.Running)
	w.WriteHeader(http.StatusNoContent)
}
