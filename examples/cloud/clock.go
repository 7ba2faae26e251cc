package main

import "time"

// clock is the clock of the network, which may run faster than ours.
type clock struct {
	start time.Time
	speed float64
}

func (c clock) now() time.Time { return c.at(time.Now()) }

// at returns the network's time for ours.
func (c clock) at(t time.Time) time.Time {
	return c.start.Add(time.Duration(float64(t.Sub(c.start)) * c.speed))
}

// real returns how long by our clock the network takes for d.
func (c clock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

// network is the inverse of real.
func (c clock) network(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.speed)
}
