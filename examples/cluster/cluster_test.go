package main

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything is waited for, on a machine that does other things.
const patience = 2 * time.Minute

// load is a cluster under load.
type load struct {
	*cluster
	t    *testing.T
	stop context.CancelFunc
	sent chan struct{} // closed when nothing is sent any more
}

func startLoad(t *testing.T, times times) *load {
	t.Helper()
	w := newWorld(t.Output())
	c, err := startCluster(context.WithoutCancel(t.Context()), t.TempDir(), w, times)
	require.NoError(t, err)
	server := httptest.NewServer(c)
	ctx, stop := context.WithCancel(t.Context())
	l := &load{cluster: c, t: t, stop: stop, sent: make(chan struct{})}
	go func() {
		defer close(l.sent)
		w.send(ctx, server.URL+"/")
	}()
	t.Cleanup(func() {
		stop()
		<-l.sent
		server.Close()
		require.NoError(t, c.stop())
	})
	return l
}

func (l *load) await(what string, condition func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	require.True(l.t, l.world.await(ctx, condition), "%s not in %v", what, patience)
}

// more waits until so many more messages were received and handled.
func (l *load) more(n int) {
	l.t.Helper()
	c := l.world.counts(l.times)
	l.await("more messages", func() bool { return len(l.world.acked) >= c.acked+n && len(l.world.runs) >= c.handled+n })
}

// end stops the cloud, and expects all to be as it must.
func (l *load) end() counts {
	l.t.Helper()
	l.stop()
	<-l.sent
	l.await("all messages handled and all silences alerted", l.world.complete)
	c := l.world.counts(l.times)
	l.world.say("%v; %d handled again, %d alerts given again with reason", &c, c.again, c.repeated)
	require.NoError(l.t, c.err())
	return c
}

// Whatever is killed or cut off under load: the others go on meanwhile, and in the end
// nothing is lost, each message has had its effect once and each silence its alert, but
// for those a part died with, or could not tell of before its claim ended.
func TestCluster(t *testing.T) {
	t.Parallel()
	l := startLoad(t, defaultTimes)
	for _, f := range []struct {
		deed func(string) (mending, error)
		name string
	}{
		{l.kill, "replica2"},
		{l.kill, leader},
		{l.cut, "replica1"},
		{l.cut, leader},
	} {
		l.more(40)
		mend, err := f.deed(f.name)
		require.NoError(t, err)
		l.more(40)
		require.NoError(t, mend(t.Context()))
	}
	l.more(40)
	mend, err := l.kill(everything)
	require.NoError(t, err)
	require.NoError(t, mend(t.Context()))
	l.more(40)
	c := l.end()
	require.Positive(t, c.silences)
}

// The nodes are all away, for AWAY in a longer run, and always for far longer than claims,
// leases and tries to connect: all that comes meanwhile is refused. When they are back,
// the same replicas go on, and have lost nothing.
func TestCluster_away(t *testing.T) {
	t.Parallel()
	d, refusals := 5*time.Second, 20
	if text := os.Getenv("AWAY"); text != "" {
		var err error
		d, err = time.ParseDuration(text)
		require.NoError(t, err)
		refusals = int(d / time.Second)
	}
	l := startLoad(t, times{lease: time.Second, claim: time.Second, grace: time.Second})
	l.more(40)
	before := [replicas]*replica{l.replica(0), l.replica(1), l.replica(2)}
	mend, err := l.kill(allNodes)
	require.NoError(t, err)
	away, killed := l.world.counts(l.times), time.Now()
	timer := time.NewTimer(d)
	<-timer.C // it is away for so long
	l.await("refusals", func() bool { return l.world.refused >= away.refused+refusals })
	back := l.world.counts(l.times)
	l.world.mu.Lock()
	begun := l.world.ackBegun
	l.world.mu.Unlock()
	require.True(t, begun.Before(killed), "acknowledged while nothing could be written")
	require.NoError(t, mend(t.Context()))
	mended := time.Now()
	l.more(1)
	l.world.say("away for %v, %d refused; the first message %v after", d, back.refused-away.refused, time.Since(mended))
	l.more(40)
	l.end()
	for i, r := range before {
		require.Same(t, r, l.replica(i), "no restart")
	}
}
