package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/go-sigfox/sigfox/store"
)

const (
	schemaKey = "sigfox-schema"
	schema    = 1
	// linger is how long the mark of what was removed stays, for those who follow the
	// bucket to hear of it.
	linger = 30 * time.Second
)

// bucket is a stream that keeps the last message of each subject: values by key, whose
// revisions are the sequences of the messages.
type bucket struct {
	store  *Store
	prefix string // of its subjects
	stream jetstream.Stream

	batches chan struct{} // those under way

	sizing sync.Mutex
	sized  time.Time
	size   uint64 // then
}

func (s *Store) bucket(ctx context.Context, name, prefix string) (*bucket, error) {
	b := &bucket{store: s, prefix: prefix, batches: make(chan struct{}, maxBatches)}
	err := s.attempt(ctx, "open "+name, func(ctx context.Context) (err error) {
		b.stream, err = s.js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			b.stream, err = s.js.CreateStream(ctx, s.config(name, prefix))
		}
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // somebody else was faster
			b.stream, err = s.js.Stream(ctx, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.checkStream(b.stream.CachedInfo().Config, s.config(name, prefix)); err != nil {
		return nil, err
	}
	return b, nil
}

func (s *Store) config(name, prefix string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: name, Subjects: []string{prefix + ">"}, Description: "github.com/go-sigfox/sigfox/store/nats",
		Replicas: s.replicas, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		// New messages are refused rather than old ones dropped, whatever limit is set by hand.
		Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1, MaxMsgs: -1, MaxBytes: -1, MaxConsumers: -1,
		AllowMsgTTL: true, AllowAtomicPublish: true, AllowRollup: true,
		// A direct read may be answered by a replica that is behind.
		AllowDirect: false,
		Metadata:    map[string]string{schemaKey: strconv.Itoa(schema)},
	}
}

// checkStream returns an error unless a stream that is there keeps what a new one would.
func (s *Store) checkStream(have, want jetstream.StreamConfig) error {
	version, err := strconv.Atoi(have.Metadata[schemaKey])
	if err != nil || version > schema {
		return &SettingError{have.Name, "metadata " + schemaKey, strconv.Quote(have.Metadata[schemaKey]), schema}
	}
	for _, c := range []struct {
		setting    string
		have, want any
	}{
		{"subjects", fmt.Sprint(have.Subjects), fmt.Sprint(want.Subjects)},
		{"storage", have.Storage, want.Storage},
		{"retention", have.Retention, want.Retention},
		{"messages per subject", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject},
		{"maximum messages", have.MaxMsgs, want.MaxMsgs},
		{"maximum bytes", have.MaxBytes, want.MaxBytes},
		{"maximum age", have.MaxAge, want.MaxAge},
		{"sealed", have.Sealed, want.Sealed},
		{"per-message TTL", have.AllowMsgTTL, want.AllowMsgTTL},
		{"atomic publishing", have.AllowAtomicPublish, want.AllowAtomicPublish},
		{"direct reads", have.AllowDirect, want.AllowDirect},
		{"persist mode", have.PersistMode, want.PersistMode},
	} {
		if c.have != c.want {
			return &SettingError{have.Name, c.setting, c.have, c.want}
		}
	}
	if s.options.Replicas != 0 && have.Replicas != s.options.Replicas {
		return &SettingError{have.Name, "replicas", have.Replicas, s.options.Replicas}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fewest = min(s.fewest, have.Replicas)
	return nil
}

// message returns an empty one for a key.
func (b *bucket) message(key string) *client.Msg {
	return &client.Msg{Subject: b.prefix + key, Header: client.Header{}}
}

// expire has a message removed by the servers, which know whole seconds.
func expire(m *client.Msg, ttl time.Duration) {
	if ttl > 0 {
		seconds := (ttl + time.Second - 1) / time.Second
		m.Header[jetstream.MsgTTLHeader] = []string{strconv.FormatInt(int64(seconds), 10) + "s"}
	}
}

func expect(m *client.Msg, last uint64) {
	m.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(last, 10)}
}

// set writes a message if the last one of its key is the one at this sequence, 0 for
// none. Otherwise the error is errMoved.
func (b *bucket) set(ctx context.Context, m *client.Msg, last uint64) (sequence uint64, err error) {
	expect(m, last)
	for _, header := range []string{batchIDHeader, batchSequenceHeader, batchCommitHeader} {
		delete(m.Header, header) // of an attempt before
	}
	return b.request(ctx, m)
}

// last returns the last message of a key, store.ErrNotFound if there is none. It is read
// from the leader.
func (b *bucket) last(ctx context.Context, key string) (m *jetstream.RawStreamMsg, err error) {
	m, err = b.stream.GetLastMsgForSubject(ctx, b.prefix+key)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, store.ErrNotFound
	}
	return m, err
}

// room returns store.ErrFull if the bucket takes more bytes than it may.
func (b *bucket) room(ctx context.Context) error {
	limit := b.store.options.MaxBytes
	if limit == 0 {
		return nil
	}
	b.sizing.Lock()
	defer b.sizing.Unlock()
	if now := time.Now(); now.Sub(b.sized) >= time.Second {
		err := b.store.insist(ctx, "size", func(ctx context.Context) error {
			info, err := b.stream.Info(ctx)
			if err == nil {
				b.size, b.sized = info.State.Bytes, now
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if b.size >= uint64(limit) {
		return fmt.Errorf("store/nats: %w: %d bytes of %d", store.ErrFull, b.size, limit)
	}
	return nil
}
