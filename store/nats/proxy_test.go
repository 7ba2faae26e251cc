package nats_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// proxy stands between a client and a server, until it is cut.
type proxy struct {
	target string
	listen net.Listener

	mu    sync.Mutex
	shut  bool
	conns map[net.Conn]bool
}

func newProxy(t *testing.T, url string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{target: strings.TrimPrefix(url, "nats://"), listen: l, conns: map[net.Conn]bool{}}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		p.cut()
		group.Wait()
	})
	return p
}

func (p *proxy) serve(conn net.Conn) {
	defer conn.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil || !p.add(conn, server) {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, conn)
		server.Close()
	}()
	_, _ = io.Copy(conn, server)
}

func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.conns[c] = true; p.shut {
			c.Close()
		}
	}
	return !p.shut
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = false
}

func (p *proxy) connect(t *testing.T) *client.Conn {
	t.Helper()
	conn, err := client.Connect("nats://"+p.listen.Addr().String(),
		client.MaxReconnects(-1), client.ReconnectWait(20*time.Millisecond), client.ReconnectJitter(0, 0),
		client.IgnoreDiscoveredServers())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}
