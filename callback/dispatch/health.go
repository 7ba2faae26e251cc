package dispatch

import "time"

// State is how a target does.
type State string

// The states.
const (
	// Healthy is a target whose last attempt succeeded, or that had none.
	Healthy State = "healthy"
	// Degraded is a target whose last attempt failed. Its definition is "dead" in the
	// words of the API.
	Degraded State = "degraded"
	// Paused is a target that the breaker keeps from being sent to.
	Paused State = "paused"
	// Disabled is a target that nothing is sent to until Enable is called.
	Disabled State = "disabled"
)

// Health tells how a target does.
type Health struct {
	// Target is the ID of the target.
	Target string
	// State is how it does, since Since, because of Reason and Error.
	State  State
	Since  time.Time
	Reason Reason
	Error  string
	// Pending is how many messages wait for it.
	Pending int
}

// Dead reports whether the last use of the target failed, as the callbacks resource
// of the API tells it.
func (h Health) Dead() bool { return h.State != Healthy }
