package main

import (
	"maps"
	"sync"
	"time"
)

// clock is the clock of the network, which may run faster than ours. It stands still
// rather than have a device listen in vain: whatever the speed, a receiver has its ten
// seconds to answer.
type clock struct {
	speed float64

	mu    sync.Mutex
	shows time.Time // by the clock of the network
	since time.Time // by ours
	waits map[string]wait
}

// wait keeps the clock from going on.
type wait struct {
	until    time.Time // of the network
	patience time.Time // of ours: when the clock goes on all the same
}

func newClock(start time.Time, speed float64) *clock {
	return &clock{speed: speed, shows: start, since: time.Now(), waits: make(map[string]wait)}
}

// maxStep is how far the clock goes at once: not from a message to when its device
// listens. A machine that is too slow for the speed has a slower network, in which all
// happens as it would.
const maxStep = 15 * time.Second

// tick is how often the clock goes on, in steps that leave time to catch up.
func (c *clock) tick() time.Duration { return min(10*time.Millisecond, c.ours(maxStep)/4) }

// advance has the clock go on and returns what it shows.
func (c *clock) advance() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(c.waits, func(_ string, w wait) bool { return now.After(w.patience) })
	next := c.shows.Add(min(c.networks(now.Sub(c.since)), maxStep))
	for _, w := range c.waits {
		if w.until.Before(next) {
			next = w.until
		}
	}
	if next.After(c.shows) {
		c.shows = next
	}
	c.since = now
	return c.shows
}

// wait has the clock not go past a time of the network before goOn is called with the
// same id, or our patience is over.
func (c *clock) wait(id string, until time.Time, patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits[id] = wait{until, time.Now().Add(patience)}
}

func (c *clock) goOn(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waits, id)
}

// waiting reports whether the clock stands still.
func (c *clock) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.waits {
		if !w.until.After(c.shows) {
			return true
		}
	}
	return false
}

// now returns what the clock shows.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shows
}

// at returns what the clock will show, or showed, at a time by ours, if nothing has it
// wait.
func (c *clock) at(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shows.Add(c.networks(t.Sub(c.since)))
}

// ours returns how long by our clock the network takes for d.
func (c *clock) ours(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// networks is the inverse of ours.
func (c *clock) networks(d time.Duration) time.Duration { return time.Duration(float64(d) * c.speed) }
