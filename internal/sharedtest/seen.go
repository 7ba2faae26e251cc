package sharedtest

import (
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/store"
)

// seenModel is what is known of a message.
type seenModel struct {
	holder  int // of the claim, -1 for none
	claimed time.Time
	done    time.Time
	timeout time.Duration // of claims
}

const (
	retain       = 5 * time.Minute
	claimTimeout = 20 * time.Second
)

func (m *seenModel) state(now time.Time) dedup.State {
	switch {
	case !m.done.IsZero() && now.Sub(m.done) < retain:
		return dedup.Done
	case m.holder >= 0 && now.Sub(m.claimed) < m.timeout:
		return dedup.InFlight
	default:
		return dedup.New
	}
}

// seenTest is replicas with a store.Seen each, and the messages they handle.
type seenTest struct {
	T
	choose Choose
	tables []store.Table
	seens  []*store.Seen
	models []*seenModel
	now    time.Time
	run    int // tells the messages from those of other tests on the same tables

	timeout time.Duration // of claims
}

// Seen checks replicas with a store.Seen each, on their tables: one of them has a claim at
// a time, what was handled stays so, and a claim ends with its holder or its time. Without
// clock no time passes, for tables that end values by a clock of their own.
func Seen(t T, choose Choose, run int, clock bool, tables ...store.Table) {
	t.Helper()
	s := &seenTest{
		T: t, choose: choose, tables: tables, seens: make([]*store.Seen, len(tables)),
		now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), run: run, timeout: claimTimeout,
	}
	if !clock {
		s.timeout = retain // by the clock of the table, which a busy machine has go on
	}
	for range 2 {
		s.models = append(s.models, &seenModel{holder: -1, timeout: s.timeout})
	}
	for i := range tables {
		s.restart(i)
	}
	steps := []func(){s.begin, s.begin, s.commit, s.abort, func() { s.restart(s.choose("replica", len(s.seens))) }}
	if clock {
		steps = append(steps, func() { s.now = s.now.Add(time.Duration(1+choose("seconds", 60)) * time.Second) })
	}
	for range 1 + choose("steps", 60) {
		pick(choose, "step", steps)()
	}
}

func (s *seenTest) draw() (replica int, m *seenModel, k sigfox.MessageKey) {
	n := s.choose("message", len(s.models))
	return s.choose("replica", len(s.seens)), s.models[n], sigfox.MessageKey{Device: 7, Time: int64(s.run), Seq: sigfox.SeqNumber(n)}
}

func (s *seenTest) begin() {
	replica, m, k := s.draw()
	state, err := s.seens[replica].Begin(s.Context(), s.now, k)
	ok(s, err)
	equal(s, m.state(s.now), state, "state")
	if state == dedup.New {
		m.holder, m.claimed = replica, s.now
	}
}

func (s *seenTest) commit() {
	replica, m, k := s.draw()
	err := s.seens[replica].Commit(s.Context(), s.now, k)
	if m.state(s.now) == dedup.InFlight && m.holder != replica {
		is(s, err, store.ErrLost)
		return
	}
	ok(s, err)
	if m.state(s.now) != dedup.Done {
		m.done, m.holder = s.now, -1
	}
}

func (s *seenTest) abort() {
	replica, m, k := s.draw()
	ok(s, s.seens[replica].Abort(s.Context(), s.now, k))
	if m.holder == replica {
		m.holder = -1
	}
}

// restart has a replica forget the claims it holds.
func (s *seenTest) restart(replica int) {
	seen, err := store.NewSeen(s.tables[replica], store.SeenOptions{Retain: retain, ClaimTimeout: s.timeout})
	ok(s, err)
	s.seens[replica] = seen
	for _, m := range s.models {
		if m.holder == replica {
			m.holder = len(s.seens) // nobody who will ever come back
		}
	}
}
