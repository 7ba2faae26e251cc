package nats

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

const (
	maxCrowd = 4096
	calm     = 8 // how many claims without loss about halve what is passed over
)

// Claim implements store.Queue. Items that others claim at the same time are passed over.
func (q *Queue) Claim(ctx context.Context, now time.Time, n int, lease time.Duration) (claims []store.Claim, err error) {
	if err := q.known(ctx); err != nil {
		return nil, err
	}
	until := now.Add(lease) // counted from when it is asked for
	for len(claims) < n {
		picked := q.index.pick(now, n-len(claims), q.aside(), until)
		if len(picked) == 0 && !q.alone() {
			continue
		}
		taken := make([]*store.Claim, len(picked))
		errs := make([]error, len(picked))
		each(len(picked), func(i int) { taken[i], errs[i] = q.claim(ctx, &picked[i], lease, until) })
		lost := 0
		for _, c := range taken {
			if c != nil {
				claims = append(claims, *c)
			} else {
				lost++
			}
		}
		q.crowded(lost)
		if err = errors.Join(errs...); err != nil || lost == 0 {
			break
		}
	}
	if len(claims) > 0 {
		return claims, nil // the rest can be asked for again
	}
	return nil, err
}

// claim takes one item. It returns nil without an error if somebody else was faster.
func (q *Queue) claim(ctx context.Context, picked *entry, lease time.Duration, until time.Time) (c *store.Claim, err error) {
	err = q.store.attempt(ctx, "claim", func(ctx context.Context) error {
		m, r, err := q.load(ctx, itemKey(picked.id))
		switch {
		case errors.Is(err, store.ErrNotFound):
			q.index.forget(picked.id, picked.sequence)
			return nil
		case err != nil:
			return err
		case m.Sequence != picked.sequence:
			q.index.learn(picked.id, m.Sequence, &r, available(&r, m.Time, time.Now()))
			return nil
		}
		before := r.claims
		r.state, r.lease, r.holder = held, lease, receipt(r.origin, q.once())
		r.claims++
		sequence, err := q.set(ctx, q.item(itemKey(picked.id), &r, m.Data), m.Sequence)
		if errors.Is(err, errMoved) {
			return nil // the index hears how
		}
		if err != nil {
			return err
		}
		q.index.learn(picked.id, sequence, &r, until)
		c = &store.Claim{Item: store.Item{ID: picked.id, Data: m.Data, Due: picked.at, Claims: before}, Receipt: r.holder}
		return nil
	})
	if err != nil {
		q.index.unpick(picked)
	}
	return c, err
}

// once returns a name that nobody else uses.
func (q *Queue) once() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claims++
	return q.origin + strconv.FormatUint(q.claims, 36)
}

// aside returns how many items to pass over, as others claim as well.
func (q *Queue) aside() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.crowd == 0 {
		return 0
	}
	return rand.IntN(q.crowd) //nolint:gosec // no secret
}

// crowded learns from how many items were lost to others.
func (q *Queue) crowded(lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if lost > 0 {
		q.crowd = min(2*q.crowd+lost, maxCrowd)
	} else {
		q.crowd -= (q.crowd + calm - 1) / calm
	}
}

// alone reports whether nothing is passed over, and has less be from now on.
func (q *Queue) alone() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	alone := q.crowd == 0
	q.crowd /= 2
	return alone
}
