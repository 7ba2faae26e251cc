package keepalive_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// TestSharedMonitorModel lets replicas come, stop and die, also in their function, and
// devices speak now and then: there is one alert for each silence that is longer than the
// delay, at its instant or, where a process died with it, when its lease is over.
func TestSharedMonitorModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 0)
			defer c.end()
			c.o.Resolution, c.s.Flush, c.s.Grace = modelTick, modelTick/2, modelTick // fewer steps of the clock
			c.start()
			c.start()
			model := &sharedModel{
				cluster: c, t: rt, last: map[sigfox.DeviceID]time.Time{},
				dies: rapid.SliceOfN(rapid.Bool(), 0, 10).Draw(rt, "dies"),
			}
			c.fn = model.call
			for range rapid.IntRange(5, 25).Draw(rt, "steps") {
				model.step()
				time.Sleep(time.Duration(rapid.IntRange(3, 12).Draw(rt, "minutes")) * time.Minute)
				model.check()
			}
			time.Sleep(40 * time.Minute)
			model.check()
			require.Empty(rt, model.gone, "not given again")
		})
	})
}

const modelTick = 30 * time.Second

// sharedModel is all silences that are to be told.
type sharedModel struct {
	*cluster
	t    *rapid.T
	last map[sigfox.DeviceID]time.Time // of devices whose silence is not told
	dies []bool                        // whether a process dies in the next call, and so on
	gone []string                      // alerts whose process died in its function
}

// live returns the replicas that run.
func (m *sharedModel) live() (live []*replica) {
	for _, r := range m.all {
		select {
		case <-r.ended:
		default:
			if !r.dead.Load() {
				live = append(live, r)
			}
		}
	}
	return live
}

func (m *sharedModel) step() {
	live := m.live()
	pick := func() *replica { return live[rapid.IntRange(0, len(live)-1).Draw(m.t, "replica")] }
	switch rapid.SampledFrom([]string{"touch", "touch", "touch", "touch", "start", "stop", "die", "wait"}).Draw(m.t, "step") {
	case "touch":
		id := sigfox.DeviceID(rapid.IntRange(1, 4).Draw(m.t, "device"))
		require.NoError(m.t, pick().Touch(time.Now(), id))
		m.last[id] = time.Now()
		time.Sleep(modelTick) // what is not flushed would be lost
	case "start":
		if len(live) < 4 {
			m.start()
		}
	case "stop":
		if len(live) > 1 {
			r := pick()
			r.stop()
			<-r.ended
		}
	case "die":
		if len(live) > 1 {
			pick().kill()
		}
	default:
	}
}

// call is the function of replicas, in which some die.
func (m *sharedModel) call(r *replica, b keepalive.Breach) error {
	dies := len(m.dies) > 0 && m.dies[0]
	if len(m.dies) > 0 {
		m.dies = m.dies[1:]
	}
	if dies && len(m.live()) > 1 {
		m.gone = append(m.gone, b.ID())
		r.kill()
		return context.Canceled
	}
	return nil
}

// check compares what was told with the silences that have become too long.
func (m *sharedModel) check() {
	synctest.Wait()
	now := time.Now()
	told := m.told()
	m.mu.Lock() // of gone
	defer m.mu.Unlock()
	for _, a := range told {
		var id sigfox.DeviceID
		for device, last := range m.last {
			if breachID(device, last) == a.id {
				id = device
			}
		}
		if id == 0 { // again, after a process died with it
			again := slices.Index(m.gone, a.id)
			require.GreaterOrEqual(m.t, again, 0, "given twice")
			m.gone = slices.Delete(m.gone, again, again+1)
			continue
		}
		require.Equal(m.t, m.last[id].Add(sharedDelay+modelTick), a.at, "the instant")
		delete(m.last, id)
	}
	for id, last := range m.last {
		require.True(m.t, now.Before(last.Add(sharedDelay+modelTick)), "no alert for %v, silent since %v", id, last)
	}
}
