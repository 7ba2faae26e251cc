package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

// BenchmarkOutbox has bare JetStream publish records of the same size, with an
// acknowledgement for each, to servers that sync always.
func BenchmarkOutbox(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			c, err := natstest.Start(b.TempDir(), nodes, nil)
			require.NoError(b, err)
			b.Cleanup(c.StopAll)
			conn, err := c.Connect()
			require.NoError(b, err)
			b.Cleanup(conn.Close)
			target := customer(b)
			b.Run("bare", func(b *testing.B) {
				js, err := jetstream.New(conn)
				require.NoError(b, err)
				_, err = js.CreateOrUpdateStream(b.Context(), jetstream.StreamConfig{
					Name: "bare", Subjects: []string{"bare.>"}, Replicas: nodes,
				})
				require.NoError(b, err)
				parallel(b, func(n int) error {
					request, err := dispatch.NewRequest(target, message(n))
					if err != nil {
						return err
					}
					record, err := json.Marshal(request.HTTP)
					if err != nil {
						return err
					}
					_, err = js.Publish(b.Context(), "bare."+request.ID, record)
					return err
				})
			})
			b.Run("outbox", func(b *testing.B) {
				s, err := nats.Open(b.Context(), conn, nats.Options{AcceptLazySync: true})
				require.NoError(b, err)
				b.Cleanup(func() { _ = s.Close() })
				out, err := outbox.New(b.Context(), outbox.Options{
					Store: s, Name: fmt.Sprint("outbox-", time.Now().UnixNano()%1e12),
					Targets: func(string) (*dispatch.Target, bool) { return target, true },
				})
				require.NoError(b, err)
				parallel(b, func(n int) error {
					request, err := dispatch.NewRequest(target, message(n))
					if err != nil {
						return err
					}
					return out.Enqueue(b.Context(), request)
				})
			})
		})
	}
}

func customer(b *testing.B) *dispatch.Target {
	b.Helper()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST", URL: "https://example.com/callbacks",
		ContentType: "application/json", BodyTemplate: `{"device":"{device}","text":"` + strings.Repeat("x", 300) + `"}`,
	}})
	require.NoError(b, err)
	return target
}
