package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/bench/callback/candidates"
)

// load sends the same request over and over on connections that stay open.
type load struct {
	connections []net.Conn
	request     []byte
}

func dial(ctx context.Context, addr string, connections int) (*load, error) {
	l := &load{request: fmt.Appendf(nil, "POST /sigfox HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		addr, candidates.Authorization, len(candidates.DataAdvanced), candidates.DataAdvanced)}
	for range connections {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.connections = append(l.connections, c)
	}
	return l, nil
}

func (l *load) close() {
	if l == nil {
		return
	}
	for _, c := range l.connections {
		_ = c.Close()
	}
}

// send sends requests over all connections at once, and waits for the answers.
func (l *load) send(ctx context.Context, requests int) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	errs := make([]error, len(l.connections))
	var wg sync.WaitGroup
	for i, c := range l.connections {
		share := requests / len(l.connections)
		if i < requests%len(l.connections) {
			share++
		}
		wg.Go(func() {
			_ = c.SetDeadline(deadline)
			errs[i] = l.exchange(ctx, c, share)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// exchange sends requests on one connection, each after the answer to the last.
func (l *load) exchange(ctx context.Context, c net.Conn, requests int) error {
	answers := bufio.NewReader(c)
	for range requests {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := c.Write(l.request); err != nil {
			return err
		}
		if err := readAnswer(answers); err != nil {
			return err
		}
	}
	return nil
}

// readAnswer reads an answer of HTTP/1.1 without chunks. Its status must be 2xx.
func readAnswer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 2")) {
		return fmt.Errorf("answer %q", status)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	_, err = io.CopyN(io.Discard, r, int64(length))
	return err
}
