package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// subject is what callbacks are about: a message of a device, or its silence.
type subject struct {
	device sigfox.DeviceID
	view   routing.View
	// now is when it is noticed, time what the callbacks tell as their time.
	now, time time.Time
}

// deliver hands a message to all callbacks of its service.
func deliver[M callback.Message](ctx context.Context, p *Pipeline, s *subject, m M) {
	for t := range s.view.Targets(m.Service()) {
		r, err := render(s, t, m)
		p.send(ctx, r, err)
	}
}

// render makes the request for a target. The target and the subject of the request
// are set also with an error.
func render[M callback.Message](s *subject, t *dispatch.Target, m M) (dispatch.Request, error) {
	if !s.view.Allow(s.now) {
		about := dispatch.Subject{Service: m.Service(), Device: s.device, Time: s.time}
		return dispatch.Request{Target: t, Subject: about}, ErrRateLimit
	}
	r, err := dispatch.NewRequest(t, m)
	r.Subject.DeviceTypeID, r.Subject.GroupID = s.view.ID(), s.view.GroupID()
	return r, err
}

// send hands a request to the Sender. It reports whether that took it; otherwise the
// drop is told.
func (p *Pipeline) send(ctx context.Context, r dispatch.Request, err error) bool {
	if err == nil {
		err = p.o.Sender.Enqueue(ctx, r)
	}
	if err != nil {
		p.drop(ctx, Drop{
			Service: r.Subject.Service, Device: r.Subject.Device, Time: r.Subject.Time,
			Target: r.Target, Err: err,
		})
	}
	return err == nil
}
