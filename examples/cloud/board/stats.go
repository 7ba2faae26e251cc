package board

import (
	"context"
	"time"
)

// Stats is what the charts show, of one second. P50 and P95 are the durations of
// attempts in milliseconds.
type Stats struct {
	Now       int64   `json:"now"`
	Messages  int     `json:"messages"`
	Delivered int     `json:"delivered"`
	Failed    int     `json:"failed"`
	P50       float64 `json:"p50"`
	P95       float64 `json:"p95"`
	Total     Counts  `json:"total"`
}

// tellEvery is how long changes are collected, so that a page has to draw only a few
// times a second, whatever the traffic.
const tellEvery = 250 * time.Millisecond

// Run tells the pages what has changed, and the statistics of each second, until ctx
// ends. now is the clock of the network.
func (b *Board) Run(ctx context.Context, now func() time.Time) {
	changes, second := time.NewTicker(tellEvery), time.NewTicker(time.Second)
	defer changes.Stop()
	defer second.Stop()
	var last Counts
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes.C:
			b.tellChanges()
		case <-second.C:
			s := b.second(&last)
			s.Now = now().UnixMilli()
			b.hub.tell("stats", s)
		}
	}
}

func (b *Board) second(last *Counts) Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.counts
	s := Stats{
		Messages: c.Messages - last.Messages, Delivered: c.Delivered - last.Delivered, Failed: c.Failed - last.Failed, Total: c,
	}
	s.P50, s.P95 = b.latencies.take()
	*last = c
	return s
}
