package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/template"
)

// service knows what thermostats are to be told.
type service struct {
	verifier callback.Verifier
	format   *template.PayloadConfig
	queue    *downlink.Queue
	out      *log.Logger
}

// newService returns the handler of all routes.
func newService(v callback.Verifier, out *log.Logger) (http.Handler, error) {
	format, err := template.ParsePayloadConfig(reportFormat)
	if err != nil {
		return nil, err
	}
	queue, err := downlink.NewQueue(downlink.QueueOptions{})
	if err != nil {
		return nil, err
	}
	// A retried callback is not handled twice. Each handler remembers its own.
	bidirSeen, err := dedup.NewSeen(dedup.SeenOptions{})
	if err != nil {
		return nil, err
	}
	settledSeen, err := dedup.NewSeen(dedup.SeenOptions{})
	if err != nil {
		return nil, err
	}
	s := &service{verifier: v, format: format, queue: queue, out: out}
	bidir, err := callback.NewBidirHandler(s.answer, callback.Options{Verifier: v, Seen: bidirSeen, Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	acknowledge, err := callback.NewHandler(s.settle, callback.Options{Verifier: v, Seen: settledSeen, Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/sigfox/bidir", bidir)
	mux.Handle("/sigfox/acknowledge", acknowledge)
	mux.HandleFunc("POST /setpoint/{device}", s.setPoint)
	return mux, nil
}

// answer is the function for BIDIR callbacks: it tells a thermostat that asks what
// waits for it.
func (s *service) answer(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
	temperature, setPoint := parseReport(s.format, m.Data)
	s.out.Printf("  %v reports %v, set to %v", m.Device, temperature, setPoint)
	if !m.WantsDownlink() {
		return downlink.Reply{}, nil // it does not listen
	}
	message, ok := m.Key()
	if !ok { // the template leaves {time} out
		message = sigfox.MessageKey{Device: m.Device, Seq: sigfox.NoSeqNumber}
	}
	reply := s.queue.Next(time.Now(), message)
	if data, ok := reply.Data(); ok {
		s.out.Printf("  %v is offered %v", m.Device, data)
	}
	return reply, nil
}

// settle is the function for ACKNOWLEDGE callbacks: what was not sent waits for the
// next opportunity.
func (s *service) settle(_ context.Context, m callback.Acknowledge) error {
	ack := downlink.Ack{
		Device: m.Device, Code: m.InfoCode, Sent: m.DownlinkAck, Overusage: m.DownlinkOverusage.Or(false),
	}
	if !m.Time.IsZero() {
		ack.Time = m.Time.Unix()
	}
	settled, outcome := s.queue.Acknowledge(time.Now(), ack)
	if outcome == downlink.Ignored {
		return nil // nothing was on offer
	}
	s.out.Printf("  %v: downlink %v is %v (%s)", m.Device, settled.Data, outcome, m.InfoMessage)
	return nil
}

// setPoint is the operator's route. The newest wish is the only one that counts.
func (s *service) setPoint(w http.ResponseWriter, r *http.Request) {
	if err := s.verifier.Verify(r); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	device, err := sigfox.ParseDeviceID(r.PathValue("device"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wish, err := parseCelsius(r.FormValue("celsius"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.queue.Push(time.Now(), device, command(wish), downlink.PushOptions{Replace: true}); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	used, perDay := s.queue.Quota(time.Now(), device)
	s.out.Printf("  %v is to be told %v; downlinks used today: %d of %d", device, wish, used, perDay)
	w.WriteHeader(http.StatusAccepted)
}
