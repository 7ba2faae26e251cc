package dedup

import "time"

// Tick returns the step in which s forgets, and the steps that it keeps a
// handled message and a claim.
func (s *Seen) Tick() (tick time.Duration, retain, claim int64) {
	return time.Millisecond << s.shift, int64(s.retain), int64(s.timed)
}
