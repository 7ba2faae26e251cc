package downlink_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// TestQueueConcurrently lets goroutines push, ask and acknowledge at once. Each
// downlink must be confirmed exactly once.
func TestQueueConcurrently(t *testing.T) {
	t.Parallel()
	const devices, pushes = 4, 200
	var confirmed [devices * pushes]atomic.Int32
	q, err := downlink.NewQueue(downlink.QueueOptions{
		MaxPerDevice: pushes,
		OnDone:       func(d downlink.Done) { confirmed[d.Downlink.Ref].Add(1) },
	})
	require.NoError(t, err)
	var asked atomic.Int64
	serve := func(id sigfox.DeviceID) {
		message := sigfox.MessageKey{Device: id, Time: asked.Add(1)}
		if _, ok := q.Next(noon, message).Data(); ok {
			_, outcome := q.Acknowledge(noon, downlink.Ack{Device: id, Time: message.Time, Sent: sigfox.Some(true)})
			if outcome != downlink.Confirmed {
				t.Errorf("outcome %v", outcome)
			}
		}
	}
	var wg sync.WaitGroup
	for id := range sigfox.DeviceID(devices) {
		wg.Go(func() {
			for i := range uint64(pushes) {
				o := downlink.PushOptions{Ref: uint64(id)*pushes + i}
				if err := q.Push(noon, id, downlink.Data{}, o); err != nil {
					t.Error(err)
				}
				q.Quota(noon, id)
			}
		})
		for range 2 {
			wg.Go(func() {
				for range pushes {
					serve(id)
					for range q.Devices(noon) {
						break
					}
				}
			})
		}
	}
	wg.Wait()
	for id := range sigfox.DeviceID(devices) {
		for range pushes {
			serve(id)
		}
	}
	for i := range confirmed {
		require.EqualValues(t, 1, confirmed[i].Load(), "downlink %d", i)
	}
}
