package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

// The parts that can be killed and cut off, with a number or all of them. Node 0 is "leader".
const (
	replicaKind = "replica"
	nodeKind    = "node"
	allReplicas = "replicas"
	allNodes    = "nodes"
	everything  = "all"
	leader      = "leader"
)

// parts returns which replicas and nodes a name stands for, counted from 0.
func (c *cluster) parts(name string) (replica, node []int, err error) {
	kind := strings.TrimRight(name, "0123456789")
	i, _ := strconv.Atoi(name[len(kind):])
	switch {
	case kind == replicaKind && i >= 1 && i <= replicas:
		return []int{i - 1}, nil, nil
	case kind == nodeKind && i >= 1 && i <= nodes:
		return nil, []int{i - 1}, nil
	case name == allReplicas:
		return count(replicas), nil, nil
	case name == allNodes:
		return nil, count(c.nodes.Len()), nil
	case name == everything:
		return count(replicas), count(c.nodes.Len()), nil
	case name == leader:
		if i = c.nodes.Leader(inboxStream); i < 0 {
			return nil, nil, fmt.Errorf("there is no %s now", leader)
		}
		return nil, []int{i}, nil
	}
	return nil, nil, fmt.Errorf("there is no %q, but replica1 to replica%d, node1 to node%d, leader, replicas, nodes and all",
		name, replicas, nodes)
}

func count(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// mending undoes what was done to parts. It tries until it succeeds, or ctx ends: a replica
// may find no majority of the nodes.
type mending func(ctx context.Context) error

// kill ends parts as kill -9 would. Mending starts them again.
func (c *cluster) kill(name string) (mending, error) {
	replica, node, err := c.parts(name)
	if err != nil {
		return nil, err
	}
	over := c.world.disturb()
	for _, i := range replica {
		c.mu.Lock()
		r := c.replicas[i]
		c.replicas[i] = nil
		c.mu.Unlock()
		if r != nil {
			r.kill()
		}
	}
	for _, i := range node {
		c.nodes.Stop(i)
	}
	c.world.say("killed %s", name)
	return func(ctx context.Context) error {
		err := c.persist(ctx, func() error { return c.start(ctx, replica, node) })
		over()
		return err
	}, nil
}

// persist does something until it succeeds.
func (c *cluster) persist(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil || ctx.Err() != nil {
			return err
		}
		c.world.say("not yet back: %v", err)
		pause(ctx, 200*time.Millisecond)
	}
}

// start starts those of the parts that do not run.
func (c *cluster) start(ctx context.Context, replica, node []int) error {
	switch len(node) {
	case 0:
	case 1:
		if err := c.nodes.Restart(node[0]); err != nil {
			return err
		}
	default:
		if err := c.nodes.StartAll(); err != nil {
			return err
		}
	}
	c.starting.Lock()
	defer c.starting.Unlock()
	for _, i := range replica {
		if c.replica(i) != nil {
			continue
		}
		if err := c.startReplica(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// cut has nothing get through between a replica and the nodes, or between a node and the
// others, which go on. Mending ends that.
func (c *cluster) cut(name string) (mending, error) {
	replica, node, err := c.parts(name)
	if err != nil {
		return nil, err
	}
	over := c.world.disturb()
	var links []*natstest.Link
	for _, i := range replica {
		if r := c.replica(i); r != nil {
			links = append(links, r.link)
			r.link.Cut()
		}
	}
	for _, i := range node {
		c.nodes.Isolate(i)
	}
	c.world.say("cut %s off", name)
	return func(context.Context) error {
		for _, link := range links {
			link.Mend()
		}
		for _, i := range node {
			c.nodes.Rejoin(i)
		}
		over()
		return nil
	}, nil
}

// trouble kills a part, or cuts it off, which comes back after a while.
func (c *cluster) trouble(ctx context.Context, back time.Duration, deed, name string) error {
	do := map[string]func(string) (mending, error){killDeed: c.kill, cutDeed: c.cut}[deed]
	if do == nil {
		return fmt.Errorf("neither %s nor %s: %q", killDeed, cutDeed, deed)
	}
	mend, err := do(name)
	if err != nil {
		return err
	}
	c.restarts.Go(func() {
		pause(ctx, back)
		_ = mend(ctx) // fails only when all ends
	})
	return nil
}
