package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
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
	back  time.Duration
	turn  atomic.Uint64

	mu       sync.Mutex
	replicas [replicas]*replica // nil: killed
	restarts sync.WaitGroup
}

// startCluster starts everything below a directory. What is killed comes back after
// some time.
func startCluster(ctx context.Context, dir string, w *world, back time.Duration) (c *cluster, err error) {
	c = &cluster{world: w, back: back}
	if c.nodes, err = natstest.Start(dir, nodes, nil); err != nil {
		return nil, err
	}
	for i := range replicas {
		if err := c.startReplica(ctx, i); err != nil {
			return nil, errors.Join(err, c.stop())
		}
	}
	return c, nil
}

func (c *cluster) startReplica(ctx context.Context, i int) error {
	conn, err := c.nodes.Connect()
	if err != nil {
		return err
	}
	r, err := startReplica(ctx, fmt.Sprint("replica", i+1), c.world, conn)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replicas[i] = r
	return nil
}

// ServeHTTP is the proxy: each request goes to the next replica, and to another one if
// that cannot be reached.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	var target *replica
	for range replicas {
		if target = c.replicas[c.turn.Add(1)%replicas]; target != nil {
			break
		}
	}
	c.mu.Unlock()
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
	}
	proxy.ServeHTTP(w, r)
}

// kill kills "replica2" or "node3", which come back later.
func (c *cluster) kill(ctx context.Context, name string) error {
	kind := strings.TrimRight(name, "0123456789")
	i, err := strconv.Atoi(name[len(kind):])
	switch {
	case kind == "replica" && err == nil && i >= 1 && i <= replicas:
		c.mu.Lock()
		r := c.replicas[i-1]
		c.replicas[i-1] = nil
		c.mu.Unlock()
		if r == nil {
			return fmt.Errorf("%s is dead already", name)
		}
		r.kill()
		c.later(ctx, func() error { return c.startReplica(ctx, i-1) })
	case kind == "node" && err == nil && i >= 1 && i <= nodes:
		c.nodes.Stop(i - 1)
		c.later(ctx, func() error { return c.nodes.Restart(i - 1) })
	default:
		return fmt.Errorf("there is no %q, but replica1 to replica%d and node1 to node%d", name, replicas, nodes)
	}
	c.world.say("killed %s", name)
	return nil
}

// later starts what was killed again, and tries until it succeeds: a replica may find no
// majority of the servers.
func (c *cluster) later(ctx context.Context, start func() error) {
	c.restarts.Go(func() {
		for pause(ctx, c.back); ctx.Err() == nil; pause(ctx, c.back) {
			err := start()
			if err == nil {
				return
			}
			c.world.say("not yet back: %v", err)
		}
	})
}

func (c *cluster) stop() (err error) {
	c.restarts.Wait()
	for _, r := range c.replicas {
		if r != nil {
			err = errors.Join(err, r.stop())
		}
	}
	c.nodes.StopAll()
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
