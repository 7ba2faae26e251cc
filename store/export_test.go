package store

// SeenState reads what a Seen has stored of a message.
var SeenState = seenState

// Held returns how many claims the Seen remembers.
func (s *Seen) Held() int { return len(s.held) }
