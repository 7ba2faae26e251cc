// Package natstest runs real NATS servers in this process, for tests and examples. It is
// the only package of its module that imports nats-server: a program that imports
// store/nats alone is not linked with it.
package natstest

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
)

// Patience is how long servers are waited for.
const Patience = 40 * time.Second

// Cluster is one node or several, which keep their addresses and data when they are
// stopped and started again.
type Cluster struct {
	nodes []*node
}

type node struct {
	options  *server.Options
	server   *server.Server // nil: stopped
	fatal    *fatal
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
	c := &Cluster{}
	var clients, peers []int
	var routes []string
	for range nodes {
		n := &node{}
		c.nodes = append(c.nodes, n)
		client, err := n.reserve()
		if err != nil {
			c.StopAll()
			return nil, err
		}
		peer, err := n.reserve()
		if err != nil {
			c.StopAll()
			return nil, err
		}
		clients, peers = append(clients, client), append(peers, peer)
		routes = append(routes, "nats://127.0.0.1:"+strconv.Itoa(peer))
	}
	for i := range nodes {
		o := &server.Options{
			ServerName: "node-" + strconv.Itoa(i+1), Host: "127.0.0.1", Port: clients[i],
			NoLog: true, NoSigs: true,
			JetStream: true, StoreDir: filepath.Join(dir, strconv.Itoa(i+1)), SyncAlways: true,
		}
		if nodes > 1 {
			o.Cluster = server.ClusterOpts{Name: "natstest", Host: "127.0.0.1", Port: peers[i]}
			o.Routes = server.RoutesFromStr(strings.Join(routes, ","))
		}
		if configure != nil {
			configure(o)
		}
		c.nodes[i].options = o
	}
	if err := c.StartAll(); err != nil {
		c.StopAll()
		return nil, err
	}
	return c, nil
}

// reserve returns a port that nobody else gets before the node starts.
func (n *node) reserve() (int, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, fmt.Errorf("natstest: %w", err)
	}
	n.reserved = append(n.reserved, l)
	return int(netip.MustParseAddrPort(l.Addr().String()).Port()), nil
}

// Len returns how many nodes there are, running or not.
func (c *Cluster) Len() int { return len(c.nodes) }

// Server returns a node, counted from 0; nil if it is stopped.
func (c *Cluster) Server(i int) *server.Server { return c.nodes[i].server }

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
	return "nats://127.0.0.1:" + strconv.Itoa(c.nodes[i].options.Port)
}

// Connect connects to all nodes, and goes on trying for ever when they are away.
func (c *Cluster) Connect(options ...client.Option) (*client.Conn, error) {
	options = append([]client.Option{
		client.MaxReconnects(-1), client.ReconnectWait(50 * time.Millisecond), client.ReconnectJitter(0, 0),
	}, options...)
	return client.Connect(c.URL(), options...)
}

// Leader returns the node that leads a stream of the global account, -1 if none does.
func (c *Cluster) Leader(stream string) int {
	for i, n := range c.nodes {
		if n.server != nil && n.server.JetStreamIsStreamLeader("$G", stream) {
			return i
		}
	}
	return -1
}

// Stop stops a node.
func (c *Cluster) Stop(i int) {
	c.nodes[i].release()
	if s := c.nodes[i].server; s != nil {
		s.Shutdown()
		s.WaitForShutdown()
		c.nodes[i].server = nil
	}
}

// StopAll stops all nodes.
func (c *Cluster) StopAll() {
	for i := range c.nodes {
		c.Stop(i)
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
	if n.server != nil {
		return nil
	}
	s, err := server.NewServer(n.options.Clone())
	if err != nil {
		return fmt.Errorf("natstest: %w", err)
	}
	n.server, n.fatal = s, &fatal{}
	s.SetLogger(n.fatal, false, false)
	n.release()
	s.Start()
	return n.fatal.err()
}

// ready waits for the nodes that run: for their listeners, and in a cluster for its
// leader and for each node to have its state.
func (c *Cluster) ready() error {
	deadline := time.Now().Add(Patience)
	for _, n := range c.nodes {
		for n.server != nil && !n.server.ReadyForConnections(50*time.Millisecond) {
			if err := n.fatal.err(); err != nil {
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
		if n.server == nil {
			continue
		}
		if !n.server.JetStreamIsCurrent() {
			return false
		}
		if n.server.JetStreamIsLeader() {
			leader = len(n.server.JetStreamClusterPeers()) == len(c.nodes)
		}
	}
	return leader
}
