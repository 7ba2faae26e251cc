// Package demo is the customer of the cloud: a receiver of all its callbacks, built
// as any integrator would build one, that can be stopped and started.
package demo

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// Receiver is safe for concurrent use.
type Receiver struct {
	// Downlinks wait for their devices to ask.
	Downlinks *downlink.Queue

	handler  http.Handler
	received atomic.Int64
	stopped  atomic.Bool
	gate     *gate // nil before Listen
}

// user is the name that goes with the token where only Basic credentials can be given.
const user = "cloud"

// New returns a receiver that takes requests with the token. It does not listen yet.
func New(token string) (*Receiver, error) {
	bearer, err1 := callback.BearerToken(token)
	basic, err2 := callback.BasicAuth(callback.Credentials{User: user, Password: token})
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	verifier, err := callback.AnyOf(bearer, basic)
	if err != nil {
		return nil, err
	}
	queue, err := downlink.NewQueue(downlink.QueueOptions{})
	if err != nil {
		return nil, err
	}
	r := &Receiver{Downlinks: queue}
	if r.handler, err = r.routes(verifier); err != nil {
		return nil, err
	}
	return r, nil
}

// Routes are where the callbacks are received, those of examples/receiver.
var Routes = map[callback.Service]string{
	callback.DataUplink:          "/data/uplink",
	callback.DataBidir:           "/data/bidir",
	callback.ServiceStatus:       "/service/status",
	callback.ServiceAcknowledge:  "/service/acknowledge",
	callback.ServiceRepeater:     "/service/repeater",
	callback.ServiceDataAdvanced: "/service/data-advanced",
	callback.ServiceGeoloc:       "/service/geoloc",
	callback.ErrorCallback:       "/error",
	callback.EventCallback:       "/event",
}

const batchRoute = "/data/uplink/batch"

// Batch returns a callback that sends the messages of a second together, which the
// receiver at base reads by the very same definition.
func Batch(base, token string) callback.Definition {
	return callback.Definition{
		Channel: callback.ChannelBatchURL, Service: callback.DataUplink, Enabled: true, Method: http.MethodPost,
		URL:         strings.Replace(base, "://", "://"+user+":"+token+"@", 1) + batchRoute + "?batch={batch}",
		LinePattern: "{device};{time};{data};{seqNumber}",
	}
}

func (r *Receiver) routes(v callback.Verifier) (http.Handler, error) {
	mux := http.NewServeMux()
	var errs []error
	mount := func(path string, o callback.Options, build func(callback.Options) (http.Handler, error)) {
		h, err := build(o)
		errs = append(errs, err)
		mux.Handle(path, h)
	}
	add := func(s callback.Service, build func(callback.Options) (http.Handler, error)) {
		o := callback.Options{Verifier: v}
		if s != callback.EventCallback { // events have no key
			seen, err := dedup.NewSeen(dedup.SeenOptions{})
			errs = append(errs, err)
			o.Seen = seen
		}
		mount(Routes[s], o, build)
	}
	batch := Batch("", "")
	mount(batchRoute, callback.Options{Verifier: v, Definition: &batch}, handler[callback.Uplink](r))
	add(callback.DataUplink, handler[callback.Uplink](r))
	add(callback.ServiceStatus, handler[callback.Status](r))
	add(callback.ServiceRepeater, handler[callback.Repeater](r))
	add(callback.ServiceDataAdvanced, handler[callback.DataAdvanced](r))
	add(callback.ErrorCallback, handler[callback.ErrorReport](r))
	add(callback.DataBidir, func(o callback.Options) (http.Handler, error) {
		return callback.NewBidirHandler(r.answer, o)
	})
	add(callback.ServiceAcknowledge, func(o callback.Options) (http.Handler, error) {
		return callback.NewHandler(r.acknowledge, o)
	})
	add(callback.EventCallback, func(o callback.Options) (http.Handler, error) {
		return event.NewHandler(func(context.Context, event.Event) error {
			r.received.Add(1)
			return nil
		}, o)
	})
	return mux, errors.Join(errs...)
}

func handler[M callback.Message](r *Receiver) func(callback.Options) (http.Handler, error) {
	return func(o callback.Options) (http.Handler, error) {
		return callback.NewHandler(func(context.Context, M) error {
			r.received.Add(1)
			return nil
		}, o)
	}
}

// answer gives a device that asks the downlink that waits for it. Message times are
// the clock of the queue: the network's may run faster than ours.
func (r *Receiver) answer(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
	defer r.received.Add(1)
	key, ok := m.Key()
	if !m.WantsDownlink() || !ok {
		return downlink.Reply{}, nil
	}
	return r.Downlinks.Next(m.Time, key), nil
}

func (r *Receiver) acknowledge(_ context.Context, m callback.Acknowledge) error {
	defer r.received.Add(1)
	r.Downlinks.Acknowledge(m.Time, downlink.Ack{
		Device: m.Device, Time: m.Time.Unix(), Code: m.InfoCode, Sent: m.DownlinkAck, Overusage: m.DownlinkOverusage.Or(false),
	})
	return nil
}

// Received returns how many messages came.
func (r *Receiver) Received() int64 { return r.received.Load() }
