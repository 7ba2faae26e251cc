// Package natstest runs real NATS servers in this process, for tests and examples. It is
// the only package of its module that imports nats-server: a program that imports
// store/nats alone is not linked with it.
package natstest

import (
	"fmt"
	"net"
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
	options *server.Options
	server  *server.Server // nil: stopped
}

// Start starts a node, or a cluster of several, below dir. JetStream is on, and syncs
// always. Configure, if it is not nil, changes the options of each before it starts.
func Start(dir string, nodes int, configure func(*server.Options)) (*Cluster, error) {
	clients, err := ports(nodes)
	if err != nil {
		return nil, err
	}
	peers, err := ports(nodes)
	if err != nil {
		return nil, err
	}
	var routes []string
	for _, port := range peers {
		routes = append(routes, "nats://127.0.0.1:"+strconv.Itoa(port))
	}
	c := &Cluster{}
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
		c.nodes = append(c.nodes, &node{options: o})
	}
	if err := c.StartAll(); err != nil {
		c.StopAll()
		return nil, err
	}
	return c, nil
}

// ports returns ports that are free now.
func ports(n int) (list []int, err error) {
	for range n {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, fmt.Errorf("natstest: %w", err)
		}
		defer func() { _ = l.Close() }() // at the end, so that they differ
		if address, ok := l.Addr().(*net.TCPAddr); ok {
			list = append(list, address.Port)
		}
	}
	return list, nil
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
	n.server = s
	s.Start()
	if n.options.JetStream && !s.JetStreamEnabled() {
		return fmt.Errorf("natstest: %s cannot start JetStream in %s", n.options.ServerName, n.options.StoreDir)
	}
	return nil
}

// ready waits for the nodes that run: for their listeners, and in a cluster for its
// leader and for each node to have its state.
func (c *Cluster) ready() error {
	deadline := time.Now().Add(Patience)
	for _, n := range c.nodes {
		if n.server != nil && !n.server.ReadyForConnections(time.Until(deadline)) {
			return fmt.Errorf("natstest: %s does not take connections", n.options.ServerName)
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
