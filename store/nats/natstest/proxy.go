package natstest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
)

// passage is what a proxy does with what comes.
type passage int

const (
	flowing passage = iota
	stalled         // connections stay, and nothing gets through
	broken          // connections are closed
)

// proxy stands before a node.
type proxy struct {
	target string
	listen net.Listener
	group  sync.WaitGroup

	mu      sync.Mutex
	passage passage
	changed chan struct{} // closed when passage changes
	conns   map[net.Conn]struct{}
}

func newProxy(target string) (*proxy, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("natstest: %w", err)
	}
	p := &proxy{target: target, listen: l, changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.group.Go(func() { p.serve(conn) })
		}
	})
	return p, nil
}

func (p *proxy) address() string { return p.listen.Addr().String() }

func (p *proxy) close() {
	_ = p.listen.Close()
	p.set(broken)
	p.group.Wait()
}

// set says what becomes of connections from now on.
func (p *proxy) set(to passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passage = to
	if to == broken {
		for c := range p.conns {
			_ = c.Close()
		}
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait waits while nothing gets through. It reports whether something does then.
func (p *proxy) wait() bool {
	for {
		p.mu.Lock()
		passage, changed := p.passage, p.changed
		p.mu.Unlock()
		if passage != stalled {
			return passage == flowing
		}
		<-changed
	}
}

// add keeps a connection to be closed, unless all are.
func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	return p.passage != broken
}

func (p *proxy) remove(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *proxy) serve(conn net.Conn) {
	defer p.remove(conn)
	if !p.add(conn) || !p.wait() {
		return
	}
	node, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return
	}
	defer p.remove(node)
	if !p.add(node) {
		return
	}
	p.group.Go(func() { p.copy(node, conn) })
	p.copy(conn, node)
}

// copy ends with either connection, and then closes both.
func (p *proxy) copy(to, from net.Conn) {
	defer func() {
		_ = to.Close()
		_ = from.Close()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && p.wait() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// between makes the routes between nodes go through proxies, one for each way.
func (c *Cluster) between(host string, peers []int) error {
	c.routes = make([][]*proxy, len(peers))
	for from := range peers {
		c.routes[from] = make([]*proxy, len(peers))
		for to, port := range peers {
			if from == to {
				continue
			}
			p, err := newProxy(net.JoinHostPort(host, strconv.Itoa(port)))
			if err != nil {
				return err
			}
			c.routes[from][to] = p
		}
	}
	return nil
}

// Isolate has nothing get through between a node and the others, of a cluster made by
// StartDivisible. Clients reach it as before.
func (c *Cluster) Isolate(i int) { c.divide(i, stalled) }

// Rejoin ends that a node is isolated. What was on its way arrives, late.
func (c *Cluster) Rejoin(i int) { c.divide(i, flowing) }

func (c *Cluster) divide(i int, to passage) {
	for from, proxies := range c.routes {
		for target, p := range proxies {
			if p != nil && (from == i || target == i) {
				p.set(to)
			}
		}
	}
}
