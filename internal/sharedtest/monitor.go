package sharedtest

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
)

// Monitor checks replicas with a keepalive.SharedMonitor each: of each device that one of
// them has heard there is one alert, though one stops. Dies has another die with an alert,
// which is then given again.
func Monitor(t T, dies bool, stores ...store.Store) {
	t.Helper()
	const devices = 20
	j := newJournal()
	var all []*replica
	var monitors []*keepalive.SharedMonitor
	for _, s := range stores {
		r := newReplica(s)
		table, err := s.Table(t.Context(), "devices")
		ok(t, err)
		mortal := newFaulty([]store.Table{table})
		mortal.before = func(string) error {
			if r.dead.Load() {
				return errDead
			}
			return nil
		}
		m, err := keepalive.NewSharedMonitor(mortal.tables[0], keepalive.Options{Delay: 2 * time.Second, MinDelay: time.Second},
			keepalive.SharedOptions{Flush: 100 * time.Millisecond, Grace: time.Second, Resync: time.Second})
		ok(t, err)
		all, monitors = append(all, r), append(monitors, m)
	}
	var names []string
	now := time.Now() //nolint:forbidigo // as the caller of a monitor does
	for n := range devices {
		id := sigfox.DeviceID(n + 1)
		ok(t, monitors[n%len(monitors)].Touch(now, id))
		names = append(names, id.String())
	}
	for _, m := range monitors {
		ok(t, m.Flush(t.Context(), now))
	}
	for i, r := range all {
		r.run(t, func(ctx context.Context) error {
			return monitors[i].Run(ctx, func(_ context.Context, b keepalive.Breach) error {
				j.note(r, b.Device.String())
				if dies && i == 0 {
					r.kill()
					return errDead
				}
				return nil
			})
		})
	}
	all[1].stop()
	j.await(t, names, true)
	for _, r := range all {
		r.stop()
	}
	j.once(t)
}
