package natstest

import (
	"strings"

	client "github.com/nats-io/nats.go"
)

// Link is a way to all nodes, which can be cut for the clients that use it.
type Link struct {
	proxies []*proxy
}

// Link returns a new one. It is to be closed.
func (c *Cluster) Link() (*Link, error) {
	l := &Link{}
	for i := range c.nodes {
		p, err := newProxy(strings.TrimPrefix(c.NodeURL(i), scheme))
		if err != nil {
			l.Close()
			return nil, err
		}
		l.proxies = append(l.proxies, p)
	}
	return l, nil
}

// Connect is Cluster.Connect over this link.
func (l *Link) Connect(options ...client.Option) (*client.Conn, error) {
	var urls []string
	for _, p := range l.proxies {
		urls = append(urls, scheme+p.address())
	}
	return connect(strings.Join(urls, ","), append([]client.Option{client.IgnoreDiscoveredServers()}, options...))
}

// Cut closes the connections, and all that are made from now on.
func (l *Link) Cut() { l.set(broken) }

// Stall has nothing get through. Connections stay, and nobody is told.
func (l *Link) Stall() { l.set(stalled) }

// Mend makes good what Cut or Stall has done. After Stall, what was on its way arrives.
func (l *Link) Mend() { l.set(flowing) }

func (l *Link) set(to passage) {
	for _, p := range l.proxies {
		p.set(to)
	}
}

// Close closes the connections for good.
func (l *Link) Close() {
	for _, p := range l.proxies {
		p.close()
	}
}
