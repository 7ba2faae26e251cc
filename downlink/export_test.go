package downlink

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// StoredState decodes what a SharedQueue stores of a device and returns it encoded again.
func StoredState(id sigfox.DeviceID, value []byte) (again []byte, err error) {
	now, w, err := decodeWaiting(id, value)
	if err != nil {
		return nil, err
	}
	return w.encode(now)
}

// UseStored does with what is stored all that a queue does.
func UseStored(id sigfox.DeviceID, value []byte, at time.Time) error {
	now, w, err := decodeWaiting(id, value)
	if err != nil {
		return err
	}
	q := &Queue{options: QueueOptions{}.withDefaults(), devices: map[sigfox.DeviceID]*waiting{id: w}, now: now}
	_ = q.Push(at, id, Data{1}, PushOptions{})
	q.Next(at, sigfox.MessageKey{Device: id, Time: 1})
	q.Acknowledge(at, Ack{Device: id, Sent: sigfox.Some(false)})
	_ = q.Push(at, id, Data{1}, PushOptions{Replace: true})
	q.Acknowledge(at.Add(day), Ack{Device: id, Sent: sigfox.Some(true)})
	q.Remove(at.Add(day), id)
	return nil
}
