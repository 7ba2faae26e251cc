package nats_test

import (
	"bytes"
	"slices"
	"sync"

	client "github.com/nats-io/nats.go"
)

// jetstreamMessage has a header with a value that is none of the store's.
func jetstreamMessage(subject, header string) *client.Msg {
	m := client.NewMsg(subject)
	if header != "" {
		m.Header.Set(header, "?")
	}
	return m
}

// lockedBuffer is for loggers.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.buffer.Bytes())
}
