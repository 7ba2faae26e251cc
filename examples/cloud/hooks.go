package main

import (
	"context"
	"fmt"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

// hooks show what the dispatcher does.
func (n *cloud) hooks() dispatch.Hooks {
	return dispatch.Hooks{
		OnAttempt: func(ctx context.Context, e dispatch.AttemptEnd) {
			n.board.Attempt(&e, n.clock.at(e.Attempt.Start))
			n.pipeline.OnAttempt(ctx, e)
			for i := range e.Requests {
				n.clock.goOn(e.Requests[i].ID)
			}
		},
		OnRetry: func(r dispatch.RetryInfo) { n.board.Retry(&r, n.clock.at(r.At)) },
		OnDrop: func(d dispatch.Drop) {
			n.undelivered.Add(d)
			n.board.Drop(&d)
			n.clock.goOn(d.Request.ID)
		},
		OnHealth: func(dispatch.Health) { n.tellCallbacks() },
	}
}

// subjectOf returns what the row of a message is found by.
func subjectOf(k sigfox.MessageKey) dispatch.Subject {
	s := dispatch.Subject{Service: callback.DataUplink, Device: k.Device, Time: timeOf(k)}
	if k.Seq != sigfox.NoSeqNumber {
		s.SeqNumber = sigfox.Some(k.Seq)
	}
	return s
}

// onMessage shows by which stations a message was heard.
func (n *cloud) onMessage(m *dedup.Message) {
	n.board.Update(subjectOf(m.Key), func(row *board.Row) {
		row.LQI, row.Quality = m.LinkQuality.String(), m.LinkQuality
		row.Receptions = row.Receptions[:0]
		for _, r := range m.Receptions {
			row.Receptions = append(row.Receptions, board.Reception{Station: r.Station, RSSI: r.RSSI, SNR: r.SNR, Frames: r.NbRep})
		}
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	state := n.heard[m.Key.Device]
	state.LinkQuality = sigfox.Some(m.LinkQuality)
	n.heard[m.Key.Device] = state
}

// onDownlink shows what became of a downlink.
func (n *cloud) onDownlink(d pipeline.Downlink) {
	n.board.Update(subjectOf(d.Message), func(row *board.Row) {
		row.Downlink = &board.Downlink{Code: int(d.Code), Text: d.Code.Message()}
		if d.Code.Sent() {
			row.Downlink.Data = d.Data.String()
		}
	})
	n.tellDevice(d.Message.Device)
}

// onEvent shows an event.
func (n *cloud) onEvent(e event.Event) {
	id, _ := e.Device()
	n.board.Update(eventSubject(id, e), func(row *board.Row) {
		if row.Info != "" {
			row.Info += ", " // another one of the same second
		}
		row.Info += string(e.Severity) + " " + string(e.Type)
	})
}

func eventSubject(id sigfox.DeviceID, e event.Event) dispatch.Subject {
	return dispatch.Subject{Service: callback.EventCallback, Device: id, DeviceTypeID: e.DeviceTypeID, Time: e.Time}
}

// onDrop shows a callback that could not even be rendered.
func (n *cloud) onDrop(d pipeline.Drop) {
	if d.Target == nil {
		return
	}
	s := dispatch.Subject{Service: d.Service, Device: d.Device, Time: d.Time}
	n.board.Update(s, func(row *board.Row) { row.Info = fmt.Sprintf("%v was not sent: %v", d.Service, d.Err) })
}
