package downlink_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

const thermostat sigfox.DeviceID = 0x2C30EA

// noon is the middle of a UTC day.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// bench is a queue with one device, a clock that the test moves, and a record of
// what left the queue.
type bench struct {
	*downlink.Queue
	t    *testing.T
	now  time.Time
	done []downlink.Done
}

func newBench(t *testing.T, o downlink.QueueOptions) *bench {
	t.Helper()
	b := &bench{t: t, now: noon}
	o.OnDone = func(d downlink.Done) { b.done = append(b.done, d) }
	q, err := downlink.NewQueue(o)
	require.NoError(t, err)
	b.Queue = q
	return b
}

// push lets a downlink wait whose data and ref are n.
func (b *bench) push(n byte, o downlink.PushOptions) {
	b.t.Helper()
	o.Ref = uint64(n)
	require.NoError(b.t, b.Push(b.now, thermostat, downlink.Data{n}, o))
}

// ask is a BIDIR message of this second; it returns the number of the downlink, 0 for none.
func (b *bench) ask() byte { return b.askAgain(b.now.Unix()) }

func (b *bench) askAgain(messageTime int64) byte {
	d, _ := b.Next(b.now, sigfox.MessageKey{Device: thermostat, Time: messageTime, Seq: sigfox.NoSeqNumber}).Data()
	return d[0]
}

func (b *bench) ack(code downlink.InfoCode) downlink.Outcome {
	_, outcome := b.Acknowledge(b.now, downlink.Ack{Device: thermostat, Code: sigfox.Some(code)})
	return outcome
}

func (b *bench) wait(d time.Duration) { b.now = b.now.Add(d) }

// pending returns the numbers of what waits.
func (b *bench) pending() []byte {
	var n []byte
	for d := range b.Pending(b.now, thermostat) {
		n = append(n, d.Data[0])
	}
	return n
}

func (b *bench) used() int {
	used, _ := b.Quota(b.now, thermostat)
	return used
}

// outcomes returns what left the queue since the last call.
func (b *bench) outcomes() []downlink.Outcome {
	var all []downlink.Outcome
	for _, d := range b.done {
		require.Equal(b.t, thermostat, d.Device)
		require.False(b.t, d.Downlink.OnOffer)
		all = append(all, d.Outcome)
	}
	b.done = nil
	return all
}

func TestQueueOffersUntilConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	require.Zero(t, b.ask(), "nothing waits")

	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	require.EqualValues(t, 1, b.ask())
	b.wait(35 * time.Second)
	settled, outcome := b.Acknowledge(b.now, downlink.Ack{Device: thermostat, Code: sigfox.Some(downlink.Acked)})
	require.Equal(t, downlink.Confirmed, outcome)
	require.Equal(t, downlink.Downlink{
		Data: downlink.Data{1}, Ref: 1, Pushed: noon, Expires: noon.Add(7 * 24 * time.Hour), Offers: 1,
	}, settled)
	require.Equal(t, []downlink.Done{{Device: thermostat, Downlink: settled, Outcome: outcome}}, b.done)

	b.wait(time.Hour)
	require.EqualValues(t, 2, b.ask())
	require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
	b.wait(time.Hour)
	require.Zero(t, b.ask())
	require.Empty(t, b.pending())
}

func TestQueuePutsBackOnFailure(t *testing.T) {
	t.Parallel()
	for _, code := range []downlink.InfoCode{
		downlink.NoAnswer, downlink.OverrunError, downlink.NetworkError, downlink.NoDownlinkContract,
		downlink.TooManyRequests, downlink.InvalidConfiguration, 9, 255,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, downlink.QueueOptions{})
			b.push(1, downlink.PushOptions{})
			b.push(2, downlink.PushOptions{})
			require.EqualValues(t, 1, b.ask())
			require.Equal(t, downlink.PutBack, b.ack(code))
			require.Empty(t, b.outcomes())
			require.Equal(t, []byte{1, 2}, b.pending(), "it keeps its place")
			b.wait(time.Minute)
			require.EqualValues(t, 1, b.ask())
		})
	}
}

func TestQueueRejectsInvalidPayload(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	require.EqualValues(t, 1, b.ask())
	require.Equal(t, downlink.Rejected, b.ack(downlink.InvalidPayload))
	require.Equal(t, []downlink.Outcome{downlink.Rejected}, b.outcomes())
	b.wait(time.Minute)
	require.EqualValues(t, 2, b.ask())
}

func TestQueueReadsWhatAckSays(t *testing.T) {
	t.Parallel()
	yes, no := sigfox.Some(true), sigfox.Some(false)
	acked, failed := sigfox.Some(downlink.Acked), sigfox.Some(downlink.NetworkError)
	for _, tt := range []struct {
		name string
		ack  downlink.Ack
		want downlink.Outcome
	}{
		{"nothing", downlink.Ack{}, downlink.Ignored},
		{"pending", downlink.Ack{Code: sigfox.Some(downlink.Pending), Sent: no}, downlink.Ignored},
		{"code", downlink.Ack{Code: acked}, downlink.Confirmed},
		{"flag", downlink.Ack{Sent: yes}, downlink.Confirmed},
		{"flag false", downlink.Ack{Sent: no}, downlink.PutBack},
		{"both", downlink.Ack{Code: acked, Sent: yes}, downlink.Confirmed},
		{"code against flag", downlink.Ack{Code: acked, Sent: no}, downlink.PutBack},
		{"flag against code", downlink.Ack{Code: failed, Sent: yes}, downlink.PutBack},
		{"same second", downlink.Ack{Code: acked, Time: noon.Unix()}, downlink.Confirmed},
		{"earlier message", downlink.Ack{Code: acked, Time: noon.Unix() - 1}, downlink.Ignored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, downlink.QueueOptions{})
			b.push(1, downlink.PushOptions{})
			b.ask()
			tt.ack.Device = thermostat
			_, outcome := b.Acknowledge(b.now, tt.ack)
			require.Equal(t, tt.want, outcome)
		})
	}
}

func TestQueueIgnoresAckWithoutOffer(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	require.Equal(t, downlink.Ignored, b.ack(downlink.Acked), "unknown device")
	b.push(1, downlink.PushOptions{})
	require.Equal(t, downlink.Ignored, b.ack(downlink.Acked), "never offered")
	require.Equal(t, downlink.Ignored, b.ack(downlink.OverrunError))
	require.Zero(t, b.used())
	b.ask()
	require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError))
	require.Equal(t, downlink.Ignored, b.ack(downlink.Acked), "known not to be sent")
	require.Equal(t, []byte{1}, b.pending())
}

func TestQueueRepeatedMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	asked := b.now.Unix()
	require.EqualValues(t, 1, b.askAgain(asked))
	b.wait(time.Minute)
	require.EqualValues(t, 1, b.askAgain(asked), "the same callback again: the same reply")
	require.Equal(t, 1, b.used())
	for d := range b.Pending(b.now, thermostat) {
		require.Equal(t, d.Data[0] == 1, d.OnOffer)
		require.EqualValues(t, d.Offers, 2-d.Data[0])
	}
	require.Zero(t, b.ask(), "another message while the result is not known")
	require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
	require.Zero(t, b.askAgain(asked), "its listening time is over")
	require.EqualValues(t, 2, b.ask())
}

func TestQueueMessagesWithoutKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	unnamed := sigfox.MessageKey{Device: thermostat, Seq: sigfox.NoSeqNumber}
	for n := byte(1); n <= 3; n++ {
		b.push(n, downlink.PushOptions{})
		require.Equal(t, downlink.Send(downlink.Data{n}), b.Next(b.now, unnamed))
		require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
	}
}

func TestQueueConfirmTimeout(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{ConfirmTimeout: time.Minute})
	b.push(1, downlink.PushOptions{})
	require.EqualValues(t, 1, b.ask())
	b.wait(time.Minute - 1)
	require.Zero(t, b.ask())
	b.wait(1)
	require.EqualValues(t, 1, b.ask(), "put back and offered again")
	require.Equal(t, 2, b.used(), "the first may have been sent")
	require.Empty(t, b.outcomes())
}

func TestQueueLateAck(t *testing.T) {
	t.Parallel()
	t.Run("confirms", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		b.ask()
		b.wait(time.Hour)
		require.Equal(t, []byte{1}, b.pending())
		require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
		require.Zero(t, b.ask())
	})
	t.Run("tells that it was not sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		b.ask()
		b.wait(time.Hour)
		require.Equal(t, 1, b.used())
		require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError))
		require.Zero(t, b.used())
	})
	t.Run("is for an earlier message", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		b.push(2, downlink.PushOptions{})
		first := downlink.Ack{Device: thermostat, Time: b.now.Unix() + 35, Code: sigfox.Some(downlink.Acked)}
		b.ask()
		_, outcome := b.Acknowledge(b.now, first)
		require.Equal(t, downlink.Confirmed, outcome)
		b.wait(time.Minute)
		require.EqualValues(t, 2, b.ask())
		_, outcome = b.Acknowledge(b.now, first)
		require.Equal(t, downlink.Ignored, outcome, "the same callback again")
		require.Equal(t, []byte{2}, b.pending())
	})
}

func TestQueueAssumeSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{AssumeSent: true})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	require.EqualValues(t, 1, b.ask())
	b.wait(10 * time.Minute)
	require.EqualValues(t, 2, b.ask())
	require.Equal(t, []downlink.Outcome{downlink.Assumed}, b.outcomes())
	require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError), "an ACKNOWLEDGE counts all the same")
}

func TestQueueMaxOffers(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{MaxOffers: 2})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	b.ask()
	require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError))
	b.wait(time.Minute)
	b.ask()
	require.Equal(t, downlink.GivenUp, b.ack(downlink.NetworkError))
	b.wait(time.Minute)
	for range 2 {
		require.EqualValues(t, 2, b.ask())
		b.wait(10 * time.Minute) // no ACKNOWLEDGE
	}
	require.Zero(t, b.ask())
	require.Equal(t, []downlink.Outcome{downlink.GivenUp, downlink.GivenUp}, b.outcomes())
}

func TestQueueReplace(t *testing.T) {
	t.Parallel()
	replace := downlink.PushOptions{Replace: true}
	t.Run("waiting", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{MaxPerDevice: 2})
		b.push(1, downlink.PushOptions{})
		b.push(2, downlink.PushOptions{})
		b.push(3, replace)
		require.Equal(t, []byte{3}, b.pending())
		require.Equal(t, []downlink.Outcome{downlink.Replaced, downlink.Replaced}, b.outcomes())
	})
	t.Run("on offer and not sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{MaxPerDevice: 2})
		b.push(1, downlink.PushOptions{})
		require.EqualValues(t, 1, b.ask())
		b.push(2, replace)
		b.push(3, downlink.PushOptions{})
		require.Equal(t, downlink.Replaced, b.ack(downlink.NetworkError))
		require.Equal(t, []downlink.Outcome{downlink.Replaced}, b.outcomes())
		require.Equal(t, []byte{2, 3}, b.pending())
	})
	t.Run("on offer and sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		require.EqualValues(t, 1, b.ask())
		b.push(2, downlink.PushOptions{})
		b.push(3, replace)
		require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
		require.Equal(t, []downlink.Outcome{downlink.Replaced, downlink.Confirmed}, b.outcomes())
		b.wait(time.Minute)
		require.EqualValues(t, 3, b.ask())
		require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError))
	})
	t.Run("on offer without ack", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		require.EqualValues(t, 1, b.ask())
		b.push(2, replace)
		b.wait(10 * time.Minute)
		require.Equal(t, []byte{2}, b.pending())
		require.Equal(t, []downlink.Outcome{downlink.Replaced}, b.outcomes())
	})
	t.Run("in doubt", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		require.EqualValues(t, 1, b.ask())
		b.wait(10 * time.Minute)
		b.push(2, replace)
		require.Equal(t, []downlink.Outcome{downlink.Replaced}, b.outcomes())
		require.Equal(t, downlink.Ignored, b.ack(downlink.Acked), "it speaks of 1")
		require.Equal(t, []byte{2}, b.pending())
	})
}

func TestQueueRemove(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	require.Zero(t, b.Remove(b.now, thermostat))
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{})
	b.ask()
	require.Equal(t, 2, b.Remove(b.now, thermostat))
	require.Zero(t, b.Remove(b.now, thermostat))
	require.Equal(t, []byte{1}, b.pending(), "on offer")
	require.Equal(t, downlink.Removed, b.ack(downlink.NetworkError))
	require.Empty(t, b.pending())
	require.Equal(t, []downlink.Outcome{downlink.Removed, downlink.Removed}, b.outcomes())
}

func TestQueueExpiry(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{Expiry: time.Hour})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{Expiry: time.Minute})
	b.push(3, downlink.PushOptions{Expiry: downlink.NoExpiry})
	b.wait(time.Minute)
	require.Equal(t, []byte{1, 3}, b.pending())

	b.wait(58 * time.Minute)
	require.EqualValues(t, 1, b.ask())
	b.wait(2 * time.Minute)
	require.Equal(t, []byte{1, 3}, b.pending(), "not while it is on offer")
	require.Equal(t, downlink.Expired, b.ack(downlink.NetworkError))
	require.Equal(t, []downlink.Outcome{downlink.Expired, downlink.Expired}, b.outcomes())

	b.wait(100 * 365 * 24 * time.Hour)
	require.EqualValues(t, 3, b.ask())
}

func TestQueueExpiryInDoubt(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{Expiry: time.Hour})
	b.push(1, downlink.PushOptions{})
	b.push(2, downlink.PushOptions{Expiry: 2 * time.Hour})
	b.ask()
	b.wait(30 * time.Minute)
	require.Equal(t, []byte{1, 2}, b.pending())
	b.wait(30 * time.Minute)
	require.Equal(t, []byte{2}, b.pending())
	require.Equal(t, downlink.Ignored, b.ack(downlink.Acked), "it speaks of 1")
}

func TestQueueQuota(t *testing.T) {
	t.Parallel()
	send := func(b *bench, n byte) {
		b.push(n, downlink.PushOptions{})
		b.wait(time.Minute)
		require.Equal(t, n, b.ask())
		require.Equal(t, downlink.Confirmed, b.ack(downlink.Acked))
	}
	t.Run("is visible", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		for n := range byte(6) {
			used, perDay := b.Quota(b.now, thermostat)
			require.EqualValues(t, n, used)
			require.Equal(t, 4, perDay)
			send(b, n+1)
		}
		b.wait(12 * time.Hour)
		require.Zero(t, b.used(), "a new UTC day")
	})
	t.Run("holds back", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{PerDay: 1, HoldBack: true})
		send(b, 1)
		b.push(2, downlink.PushOptions{})
		b.wait(time.Minute)
		require.Zero(t, b.ask())
		b.now = noon.Add(12*time.Hour - 1)
		require.Zero(t, b.ask())
		b.wait(1)
		require.EqualValues(t, 2, b.ask())
	})
	t.Run("is given back", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		b.ask()
		require.Equal(t, 1, b.used())
		b.ack(downlink.NetworkError)
		require.Zero(t, b.used())
	})
	t.Run("is given back on its own day only", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.now = noon.Add(12*time.Hour - 1)
		b.push(1, downlink.PushOptions{})
		b.ask()
		b.wait(time.Minute)
		require.Equal(t, downlink.PutBack, b.ack(downlink.NetworkError))
		require.Zero(t, b.used())
	})
	t.Run("the network knows better", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, downlink.QueueOptions{})
		b.push(1, downlink.PushOptions{})
		b.ask()
		b.ack(downlink.OverrunError)
		require.Equal(t, 4, b.used())
		b.wait(24 * time.Hour)
		b.ask()
		_, outcome := b.Acknowledge(b.now, downlink.Ack{
			Device: thermostat, Code: sigfox.Some(downlink.Acked), Overusage: true,
		})
		require.Equal(t, downlink.Confirmed, outcome)
		require.Equal(t, 4, b.used())
	})
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q, err := downlink.NewQueue(downlink.QueueOptions{MaxDevices: 2, MaxPerDevice: 2, Expiry: time.Hour})
	require.NoError(t, err)
	push := func(now time.Time, id sigfox.DeviceID, expiry time.Duration) error {
		return q.Push(now, id, setPoint, downlink.PushOptions{Expiry: expiry})
	}
	require.NoError(t, push(noon, 1, 0))
	require.NoError(t, push(noon, 1, 0))
	require.ErrorIs(t, push(noon, 1, 0), downlink.ErrQueueFull)
	require.NoError(t, push(noon, 2, time.Minute))
	require.ErrorIs(t, push(noon, 3, 0), downlink.ErrQueueFull)
	require.Equal(t, []sigfox.DeviceID{1, 2}, slices.Collect(q.Devices(noon)))

	later := noon.Add(time.Minute)
	require.NoError(t, push(later, 3, 0), "the downlink of device 2 has expired")
	require.ErrorIs(t, push(later.Add(time.Second), 4, 0), downlink.ErrQueueFull)

	// A device that was sent something today is remembered until midnight.
	evening := later.Add(10 * time.Second)
	q.Next(evening, sigfox.MessageKey{Device: 3, Time: 1})
	q.Acknowledge(evening, downlink.Ack{Device: 3, Sent: sigfox.Some(true)})
	require.Equal(t, []sigfox.DeviceID{1}, slices.Collect(q.Devices(evening)))
	require.ErrorIs(t, push(evening.Add(time.Minute), 4, 0), downlink.ErrQueueFull)
	require.NoError(t, push(noon.Add(12*time.Hour), 4, 0))
}

func TestFullQueueSweepsOnceASecond(t *testing.T) {
	t.Parallel()
	q, err := downlink.NewQueue(downlink.QueueOptions{MaxDevices: 1, Expiry: time.Millisecond})
	require.NoError(t, err)
	push := func(now time.Time, id sigfox.DeviceID) error {
		return q.Push(now, id, setPoint, downlink.PushOptions{})
	}
	require.NoError(t, push(noon, 1))
	require.ErrorIs(t, push(noon, 2), downlink.ErrQueueFull)
	require.ErrorIs(t, push(noon.Add(time.Second-1), 2), downlink.ErrQueueFull)
	require.NoError(t, push(noon.Add(time.Second), 2))
}

func TestQueueSweep(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	b.push(1, downlink.PushOptions{})
	b.wait(7 * 24 * time.Hour)
	require.Empty(t, b.outcomes())
	b.Sweep(b.now)
	require.Equal(t, []downlink.Outcome{downlink.Expired}, b.outcomes())
}

func TestQueueClampsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, downlink.QueueOptions{})
	b.push(1, downlink.PushOptions{Expiry: time.Hour})
	b.wait(time.Hour)
	require.Empty(t, b.pending())
	b.now = noon
	b.push(2, downlink.PushOptions{Expiry: time.Minute})
	for d := range b.Pending(b.now, thermostat) {
		require.Equal(t, noon.Add(time.Hour), d.Pushed)
		require.Equal(t, noon.Add(time.Hour+time.Minute), d.Expires)
	}
}

func TestQueueHookMayCallQueue(t *testing.T) {
	t.Parallel()
	var q *downlink.Queue
	q, err := downlink.NewQueue(downlink.QueueOptions{OnDone: func(d downlink.Done) {
		if d.Outcome == downlink.Replaced {
			q.Remove(noon, d.Device)
		}
	}})
	require.NoError(t, err)
	require.NoError(t, q.Push(noon, 1, setPoint, downlink.PushOptions{}))
	require.NoError(t, q.Push(noon, 1, setPoint, downlink.PushOptions{Replace: true}))
	require.Empty(t, slices.Collect(q.Pending(noon, 1)))

	// So may a loop, which may also end early.
	require.NoError(t, q.Push(noon, 1, setPoint, downlink.PushOptions{}))
	require.NoError(t, q.Push(noon, 2, setPoint, downlink.PushOptions{}))
	for id := range q.Devices(noon) {
		for range q.Pending(noon, id) {
			require.Equal(t, 1, q.Remove(noon, id))
		}
		break
	}
	require.Equal(t, []sigfox.DeviceID{2}, slices.Collect(q.Devices(noon)))
}

func TestQueueOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]downlink.QueueOptions{
		"PerDay":         {PerDay: -1},
		"MaxDevices":     {MaxDevices: -1},
		"MaxPerDevice":   {MaxPerDevice: -1},
		"MaxOffers":      {MaxOffers: -1},
		"Expiry":         {Expiry: -1},
		"ConfirmTimeout": {ConfirmTimeout: -1},
	} {
		_, err := downlink.NewQueue(o)
		require.ErrorContains(t, err, "QueueOptions."+name)
	}
	q, err := downlink.NewQueue(downlink.QueueOptions{})
	require.NoError(t, err)
	require.ErrorContains(t, q.Push(noon, 1, setPoint, downlink.PushOptions{Expiry: -1}), "PushOptions.Expiry")
	require.Empty(t, slices.Collect(q.Devices(noon)))
}

func TestOutcomeString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ignored", downlink.Ignored.String())
	require.Equal(t, "put back", downlink.PutBack.String())
	require.Equal(t, "assumed sent", downlink.Assumed.String())
	require.Equal(t, "77", downlink.Outcome(77).String())
}
