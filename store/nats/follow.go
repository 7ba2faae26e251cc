package nats

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	heartbeat = time.Second // without two of them the servers are taken for lost
	// forgotten is after how many heartbeats the servers forget who does not ask any more.
	forgotten = 10
	prefetch  = 5000
)

var errGap = errors.New("store/nats: a message was lost on its way")

// heard is a message of a bucket, as it comes to those who follow it.
type heard struct {
	key      string // "": none, only how far it is
	sequence uint64
	time     time.Time
	header   client.Header
	data     []byte
	current  bool // nothing had been written after it, when it was sent
}

// follow yields the messages of a bucket, those that are there and then those to come,
// until ctx ends or something fails. A key that is written meanwhile may come twice.
func (b *bucket) follow(ctx context.Context, headersOnly bool) iter.Seq2[heard, error] {
	return func(yield func(heard, error) bool) {
		consumer, err := b.consumer(ctx, headersOnly)
		if err != nil {
			yield(heard{}, err)
			return
		}
		if consumer.CachedInfo().NumPending == 0 && !yield(heard{current: true}, nil) {
			return
		}
		messages, err := consumer.Messages(
			jetstream.PullMaxMessages(prefetch), jetstream.PullHeartbeat(b.store.heartbeat),
			jetstream.PullExpiry(forgotten*b.store.heartbeat))
		if err != nil {
			yield(heard{}, err)
			return
		}
		defer messages.Stop()
		for n := uint64(1); ; n++ {
			m, err := messages.Next(jetstream.NextContext(ctx))
			if err != nil {
				yield(heard{}, err)
				return
			}
			meta, err := m.Metadata()
			if err == nil && meta.Sequence.Consumer != n {
				err = errGap
			}
			if err != nil {
				yield(heard{}, err)
				return
			}
			if !yield(heard{
				key: strings.TrimPrefix(m.Subject(), b.prefix), sequence: meta.Sequence.Stream, time: meta.Timestamp,
				header: m.Headers(), data: m.Data(), current: meta.NumPending == 0,
			}, nil) {
				return
			}
		}
	}
}

// consumer makes one that is forgotten by the servers when it is no longer asked.
func (b *bucket) consumer(ctx context.Context, headersOnly bool) (c jetstream.Consumer, err error) {
	err = b.store.attempt(ctx, "follow", func(ctx context.Context) (err error) {
		c, err = b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy,
			MemoryStorage: true, Replicas: 1, HeadersOnly: headersOnly,
			InactiveThreshold: forgotten * b.store.heartbeat,
		})
		return err
	})
	return c, err
}
