package nats

import "time"

// What the tests look into.
var (
	Older    = older
	Escape   = escape
	Unescape = unescape
)

// SetHeartbeat changes that of those who begin to follow the store.
func (s *Store) SetHeartbeat(d time.Duration) { s.heartbeat = d }
