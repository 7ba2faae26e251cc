package nats

import (
	"context"
	"encoding/json"
	"strconv"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Headers of messages that are stored all or none.
const (
	batchIDHeader       = "Nats-Batch-Id"
	batchSequenceHeader = "Nats-Batch-Sequence"
	batchCommitHeader   = "Nats-Batch-Commit"

	maxBatch = 1000 // the default of the servers
	// maxBatches is how many are under way at once from here. The servers allow 50 a
	// stream from all.
	maxBatches = 8
)

// batch writes two messages or more, all or none, and returns the sequence of the last.
// The error is errMoved if one of them expects another sequence than there is.
func (b *bucket) batch(ctx context.Context, messages []*client.Msg) (last uint64, err error) {
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case b.batches <- struct{}{}:
		defer func() { <-b.batches }()
	}
	id := nuid.Next()
	for i, m := range messages {
		m.Header[batchIDHeader] = []string{id}
		m.Header[batchSequenceHeader] = []string{strconv.Itoa(i + 1)}
		delete(m.Header, batchCommitHeader)
		switch i {
		case 0: // answered, so that what is refused is known to be
			last, err = b.request(ctx, m)
		case len(messages) - 1:
			m.Header[batchCommitHeader] = []string{"1"}
			last, err = b.request(ctx, m)
		default:
			err = b.store.conn.PublishMsg(m)
		}
		if err != nil {
			return 0, err
		}
	}
	return last, nil
}

// request returns the sequence of what was stored. The servers answer nothing to what
// begins a batch.
func (b *bucket) request(ctx context.Context, m *client.Msg) (sequence uint64, err error) {
	answer, err := b.store.conn.RequestMsgWithContext(ctx, m)
	if err != nil || len(answer.Data) == 0 && m.Header.Get(batchSequenceHeader) == "1" {
		return 0, err
	}
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Stream   string              `json:"stream"`
		Sequence uint64              `json:"seq"`
	}
	switch err := json.Unmarshal(answer.Data, &ack); {
	case err != nil, ack.Error == nil && ack.Stream == "":
		return 0, jetstream.ErrInvalidJSAck
	case ack.Error != nil && moved(ack.Error):
		return 0, errMoved
	case ack.Error != nil:
		return 0, ack.Error
	}
	b.store.writes.Add(1)
	return ack.Sequence, nil
}
