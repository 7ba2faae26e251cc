package pipeline

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
)

// OnAttempt takes the answers to BIDIR callbacks. It is the hook OnAttempt of the
// dispatcher, or is called by it. Only the first attempt of a request counts: if it
// fails the device gets no downlink, since the next one comes when it no longer
// listens. All other attempts are ignored.
func (p *Pipeline) OnAttempt(_ context.Context, end dispatch.AttemptEnd) {
	asks := func(r dispatch.Request) bool { return r.Subject.Service == callback.DataBidir && r.Subject.Ack }
	if end.Attempt.Number != 1 || !slices.ContainsFunc(end.Requests, asks) {
		return
	}
	var answer downlink.Answer
	var err error
	if end.Attempt.OK() && end.Attempt.Status != http.StatusNoContent {
		answer, err = downlink.ParseAnswer(end.Answer)
	}
	for _, r := range end.Requests { // one, or the messages of a batch
		p.downlinks.answer(r.Subject.Device, r.ID, func(o *downlink.Opportunity) {
			if end.Attempt.OK() {
				o.Answered(r.Subject.Device, answer, err)
			} else {
				o.Answer = downlink.AnswerMissing
			}
		})
	}
	p.signal()
}

// signal has Run look what is due.
func (p *Pipeline) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
