package main

import (
	"net/http"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/examples/cloud/apiv2"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

// The credentials of the API. It listens on the loopback, so they are no secret.
const (
	apiLogin    = "demo"
	apiPassword = "demo"
)

func (n *cloud) api() http.Handler {
	return apiv2.New(apiv2.Options{
		Registry: n.registry, Undelivered: n.undelivered, Login: apiLogin, Password: apiPassword,
		Messages: n.messages, State: n.deviceState,
		Dead:    func(id string) bool { return n.health(id).Dead() },
		Changed: func(string) { n.tellCallbacks() },
	})
}

// messages returns the messages that the board still has.
func (n *cloud) messages(q apiv2.MessageQuery) (list []apiv2.Message) {
	for row := range n.board.All() {
		m := messageOf(row)
		id, one := q.Device.Get()
		switch {
		case row.Kind != board.KindData,
			one && row.Device != id,
			!one && row.DeviceTypeID != q.DeviceTypeID,
			!q.Since.IsZero() && m.Time.Before(q.Since),
			!q.Before.IsZero() && !m.Time.Before(q.Before):
			continue
		}
		for _, d := range row.Deliveries {
			t, ok := n.registry.Target(d.Callback)
			if last, tried := d.Last(); ok && tried {
				m.Callbacks = append(m.Callbacks, dispatch.NewCallbackStatus(t, &last))
			}
		}
		list = append(list, m)
	}
	return list
}

func messageOf(row *board.Row) apiv2.Message {
	m := apiv2.Message{
		Device: row.Device, Time: row.Happened(), Data: row.Data, AckRequired: row.Ask, Operator: operatorName, Frames: 3,
	}
	if row.Seq != nil {
		m.SeqNumber = sigfox.Some(sigfox.SeqNumber(*row.Seq))
	}
	if row.LQI != "" {
		m.LinkQuality = sigfox.Some(row.Quality)
	}
	for _, r := range row.Receptions {
		m.Receptions = append(m.Receptions, apiv2.Reception{
			Station: r.Station, RSSI: float64(r.RSSI), SNR: float64(r.SNR), Frames: r.Frames,
		})
	}
	if row.Downlink != nil {
		m.Downlink = row.Downlink.Data
	}
	return m
}

// deviceState returns what the messages of a device tell.
func (n *cloud) deviceState(d routing.Device) apiv2.DeviceState {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heard[d.ID]
}
