package outbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

// instant draws a time to the nanosecond, zero now and then.
func instant(t *rapid.T, name string) time.Time {
	nanos := rapid.Int64Range(0, 1<<61).Draw(t, name)
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

func drawAttempt(t *rapid.T) dispatch.Attempt {
	return dispatch.Attempt{
		Number: rapid.IntRange(1, 10).Draw(t, "number"), Start: instant(t, "start"),
		Duration: time.Duration(rapid.Int64().Draw(t, "duration")), Method: "POST", URL: rapid.String().Draw(t, "url"),
		Status: rapid.IntRange(0, 599).Draw(t, "status"), Reason: dispatch.ReasonStatus, Error: rapid.String().Draw(t, "error"),
		Permanent: rapid.Bool().Draw(t, "permanent"), RetryAfter: time.Duration(rapid.Int64().Draw(t, "retryAfter")), Answer: rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "answer"),
	}
}

// TestRecord holds that all that is known of a delivery is read back.
func TestRecord(t *testing.T) {
	t.Parallel()
	to := target(t, "a.example")
	rapid.Check(t, func(t *rapid.T) {
		payload, err := sigfox.NewPayload(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "data"))
		require.NoError(t, err)
		want := dispatch.Delivery{
			Accepted: instant(t, "accepted"), Due: instant(t, "due"), Batch: rapid.StringMatching(`[A-Z]{0,5}`).Draw(t, "batch"),
			Attempts: rapid.SliceOfN(rapid.Custom(drawAttempt), 1, 4).Draw(t, "attempts"),
			Request: dispatch.Request{
				ID: "id", Target: to,
				Subject: dispatch.Subject{
					Service: callback.DataUplink, Device: sigfox.DeviceID(rapid.Uint32().Draw(t, "device")), DeviceTypeID: "d", GroupID: "g",
					Time: instant(t, "time"), SeqNumber: sigfox.Some(sigfox.SeqNumber(7)), Data: payload,
					SNR: sigfox.Some(rapid.Float64Range(-100, 100).Draw(t, "snr")), Ack: rapid.Bool().Draw(t, "ack"),
				},
			},
		}
		switch rapid.IntRange(0, 2).Draw(t, "channel") {
		case 0:
			want.Request.HTTP = &callback.Outgoing{
				Method: "POST", URL: "https://example.com/?a=1", Header: map[string][]string{"X": {"y"}}, Body: []byte{0, 255},
			}
		case 1:
			want.Request.Line = []byte("2C30EA;00\xff")
		default:
			want.Request.Mail = &callback.Mail{Recipient: "a@example.com", Subject: "s", Message: "m"}
		}
		data, err := outbox.Encode(&want)
		require.NoError(t, err)
		got, err := outbox.Decode(data, to)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzDecode(f *testing.F) {
	definition := callback.Definition{Channel: callback.ChannelURL, Service: callback.DataUplink, URL: "https://example.com/"}
	to, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "t", Definition: definition})
	require.NoError(f, err)
	data, err := outbox.Encode(&dispatch.Delivery{Request: dispatch.Request{
		ID: "a", Target: to, Line: []byte("x"), Subject: dispatch.Subject{Service: callback.DataUplink},
	}})
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"subject":{"device":"xyz"}}`))
	f.Add([]byte(`{"v":1,"subject":{"service":"DATA/UPLINK"},"line":""}`))
	f.Add([]byte(`{"v":1,"subject":{"service":"DATA/UPLINK"},"http":{"header":{},"body":""},"attempts":[{"answer":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := outbox.Decode(data, to)
		if err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt)
			return
		}
		again, err := outbox.Encode(&first)
		require.NoError(t, err)
		second, err := outbox.Decode(again, to)
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}
