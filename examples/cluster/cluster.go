package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

const (
	nodes    = 3
	replicas = 3
)

// cluster is the servers, the replicas and the proxy in front of them.
type cluster struct {
	world *world
	nodes *natstest.Cluster
	times times
	turn  atomic.Uint64

	mu       sync.Mutex
	replicas [replicas]*replica // nil: killed
	starting sync.Mutex         // while one is started
	restarts sync.WaitGroup
}

// startCluster starts everything below a directory.
func startCluster(ctx context.Context, dir string, w *world, t times) (c *cluster, err error) {
	c = &cluster{world: w, times: t}
	if c.nodes, err = natstest.StartDivisible(dir, nodes, nil); err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := c.persist(starting, func() error { return c.start(starting, count(replicas), nil) }); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

func (c *cluster) startReplica(ctx context.Context, i int) error {
	link, err := c.nodes.Link()
	if err != nil {
		return err
	}
	r, err := startReplica(ctx, fmt.Sprint("replica", i+1), c.world, link, c.times)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replicas[i] = r
	return nil
}

func (c *cluster) replica(i int) *replica {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas[i]
}

// ServeHTTP is the proxy: each request goes to the next replica that is well.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := c.next()
	if target == nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	to, err := url.Parse(target.url)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(r *http.Response) error {
			target.unwell.Store(r.StatusCode >= http.StatusInternalServerError)
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// next returns the next replica. Those that last answered that they cannot are asked only
// now and then, or if there is no other; nil: all are dead.
func (c *cluster) next() (target *replica) {
	const seldom = 20
	turn := c.turn.Add(1)
	for i := range uint64(replicas) {
		r := c.replica(int((turn + i) % replicas))
		if r == nil {
			continue
		}
		if !r.unwell.Load() || turn%seldom == 0 {
			return r
		}
		target = r
	}
	return target
}

func (c *cluster) stop() (err error) {
	c.restarts.Wait()
	for _, r := range c.replicas {
		if r != nil {
			err = errors.Join(err, r.stop())
		}
	}
	c.nodes.Close()
	return err
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
