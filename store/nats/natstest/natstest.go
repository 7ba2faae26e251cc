// Package natstest runs real NATS servers in this process, for tests and examples. It is
// the only package of its module that imports nats-server: a program that imports
// store/nats alone is not linked with it.
package natstest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
)

const scheme = "nats://"

// Patience is how long servers are waited for.
const Patience = 40 * time.Second

// Cluster is one node or several, which keep their addresses and data when they are
// stopped and started again. It is safe for concurrent use.
type Cluster struct {
	nodes  []*node
	routes [][]*proxy // from a node to another, if it can be divided
}

type node struct {
	options  *server.Options
	starting sync.Mutex                    // while it is started or stopped
	running  atomic.Pointer[server.Server] // nil: stopped
	fatal    atomic.Pointer[fatal]
	reserved []net.Listener // keep its ports from others until it starts for the first time
}

// release gives up the ports.
func (n *node) release() {
	for _, l := range n.reserved {
		_ = l.Close()
	}
	n.reserved = nil
}

// Start starts a node, or a cluster of several, below dir. JetStream is on, and syncs
// always. Configure, if it is not nil, changes the options of each before it starts.
func Start(dir string, nodes int, configure func(*server.Options)) (*Cluster, error) {
	return start(dir, nodes, false, configure)
}

// StartDivisible is Start for a cluster whose nodes can be isolated from each other.
func StartDivisible(dir string, nodes int, configure func(*server.Options)) (*Cluster, error) {
	return start(dir, nodes, true, configure)
}

func start(dir string, nodes int, divisible bool, configure func(*server.Options)) (c *Cluster, err error) {
	c = &Cluster{}
	defer func() {
		if err != nil {
			c.Close()
			c = nil
		}
	}()
	host := ownHost()
	clients, peers := make([]int, nodes), make([]int, nodes)
	for i := range nodes {
		n := &node{}
		c.nodes = append(c.nodes, n)
		if clients[i], err = n.reserve(host); err != nil {
			return c, err
		}
		if peers[i], err = n.reserve(host); err != nil {
			return c, err
		}
	}
	if divisible {
		if err = c.between(host, peers); err != nil {
			return c, err
		}
	}
	for i := range nodes {
		o := &server.Options{
			ServerName: "node-" + strconv.Itoa(i+1), Host: host, Port: clients[i],
			NoLog: true, NoSigs: true,
			JetStream: true, StoreDir: filepath.Join(dir, strconv.Itoa(i+1)), SyncAlways: true,
		}
		if nodes > 1 {
			o.Cluster = server.ClusterOpts{Name: "natstest", Host: host, Port: peers[i]}
			o.Routes = server.RoutesFromStr(strings.Join(c.routesOf(i, host, peers), ","))
			if divisible {
				o.Cluster.Advertise = nowhere
			}
		}
		if configure != nil {
			configure(o)
		}
		c.nodes[i].options = o
	}
	return c, c.StartAll()
}

// ownHost returns an address of this machine that nobody else uses, where there are
// several: the ports of nodes that are stopped stay free.
func ownHost() string {
	//nolint:gosec // no secret
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	n := &node{}
	defer n.release()
	if _, err := n.reserve(host); err != nil {
		return "127.0.0.1"
	}
	return host
}

// reserve returns a port that nobody else gets before the node starts.
func (n *node) reserve(host string) (int, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(host)})
	if err != nil {
		return 0, fmt.Errorf("natstest: %w", err)
	}
	n.reserved = append(n.reserved, l)
	return int(netip.MustParseAddrPort(l.Addr().String()).Port()), nil
}

// nowhere is what nodes that can be divided tell of each other, as they would else find
// ways besides those that can be cut.
const nowhere = "127.0.0.1:1"

// routesOf returns where a node finds the others.
func (c *Cluster) routesOf(from int, host string, peers []int) (routes []string) {
	for to, port := range peers {
		address := net.JoinHostPort(host, strconv.Itoa(port))
		if c.routes != nil {
			if from == to {
				continue
			}
			address = c.routes[from][to].address()
		}
		routes = append(routes, scheme+address)
	}
	return routes
}

// Len returns how many nodes there are, running or not.
func (c *Cluster) Len() int { return len(c.nodes) }

// Server returns a node, counted from 0; nil if it is stopped.
func (c *Cluster) Server(i int) *server.Server { return c.nodes[i].running.Load() }

// URL returns the addresses of all nodes, as client.Connect takes them.
func (c *Cluster) URL() string {
	var urls []string
	for i := range c.nodes {
		urls = append(urls, c.NodeURL(i))
	}
	return strings.Join(urls, ",")
}

// NodeURL returns the address of one node.
func (c *Cluster) NodeURL(i int) string {
	o := c.nodes[i].options
	return scheme + net.JoinHostPort(o.Host, strconv.Itoa(o.Port))
}

// Connect connects to all nodes, and goes on trying for ever when they are away.
func (c *Cluster) Connect(options ...client.Option) (*client.Conn, error) {
	return connect(c.URL(), options)
}

func connect(url string, options []client.Option) (*client.Conn, error) {
	options = append([]client.Option{
		client.MaxReconnects(-1), client.ReconnectWait(50 * time.Millisecond), client.ReconnectJitter(0, 0),
	}, options...)
	return client.Connect(url, options...)
}

// Leader returns the node that leads a stream of the global account, -1 if none does.
func (c *Cluster) Leader(stream string) int {
	for i, n := range c.nodes {
		if s := n.running.Load(); s != nil && s.JetStreamIsStreamLeader("$G", stream) {
			return i
		}
	}
	return -1
}

// Stop stops a node.
func (c *Cluster) Stop(i int) {
	n := c.nodes[i]
	n.starting.Lock()
	defer n.starting.Unlock()
	n.release()
	if s := n.running.Swap(nil); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// StopAll stops all nodes. They can be started again.
func (c *Cluster) StopAll() {
	for i := range c.nodes {
		c.Stop(i)
	}
}

// Close stops all nodes for good.
func (c *Cluster) Close() {
	c.StopAll()
	for _, proxies := range c.routes {
		for _, p := range proxies {
			if p != nil {
				p.close()
			}
		}
	}
}

// Restart starts a node that was stopped, and waits until it takes part.
func (c *Cluster) Restart(i int) error {
	if err := c.run(i); err != nil {
		return err
	}
	return c.ready()
}

// StartAll starts all nodes that are stopped, and waits until they can be used.
func (c *Cluster) StartAll() error {
	for i := range c.nodes {
		if err := c.run(i); err != nil {
			return err
		}
	}
	return c.ready()
}

func (c *Cluster) run(i int) error {
	n := c.nodes[i]
	n.starting.Lock()
	defer n.starting.Unlock()
	if n.running.Load() != nil {
		return nil
	}
	s, err := server.NewServer(n.options.Clone())
	if err != nil {
		return fmt.Errorf("natstest: %w", err)
	}
	f := &fatal{}
	s.SetLogger(f, false, false)
	n.release()
	n.fatal.Store(f)
	n.running.Store(s)
	s.Start()
	return f.err()
}

// ready waits for the nodes that run: for their listeners, and in a cluster for its
// leader and for each node to have its state.
func (c *Cluster) ready() error {
	deadline := time.Now().Add(Patience)
	for _, n := range c.nodes {
		for s := n.running.Load(); s != nil && !s.ReadyForConnections(50*time.Millisecond); s = n.running.Load() {
			if err := n.fatal.Load().err(); err != nil {
				return err
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("natstest: %s does not take connections", n.options.ServerName)
			}
		}
	}
	for !c.current() {
		if time.Now().After(deadline) {
			return fmt.Errorf("natstest: the cluster has no leader, or a node is behind, after %v", Patience)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func (c *Cluster) current() bool {
	if len(c.nodes) == 1 {
		return true
	}
	leader := false
	for _, n := range c.nodes {
		s := n.running.Load()
		if s == nil {
			continue
		}
		if !s.JetStreamIsCurrent() {
			return false
		}
		if s.JetStreamIsLeader() {
			leader = len(s.JetStreamClusterPeers()) == len(c.nodes)
		}
	}
	return leader
}
