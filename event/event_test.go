package event_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/template"
)

var _ template.Source = event.Event{}

var noon = time.Date(2026, 11, 23, 13, 0, 0, 5e8, time.FixedZone("CET", 3600))

func TestNew(t *testing.T) {
	t.Parallel()
	for _, k := range event.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			e := event.New(k.Type, 0x2C30EA, noon, nil)
			id, ok := e.Device()
			require.True(t, ok)
			require.Equal(t, sigfox.DeviceID(0x2C30EA), id)
			require.Equal(t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), e.Time)
			require.True(t, e.MessageTime.IsZero())
			if k.Severity == "" {
				k.Severity = event.SeverityInfo
			}
			require.Equal(t, k.Severity, e.Severity)
		})
	}
	require.Equal(t, event.SeverityInfo, event.New("SOMETHING", 1, noon, nil).Severity)
}

func TestNewSequenceBreak(t *testing.T) {
	t.Parallel()
	b := event.SequenceBreak{
		Expected: sigfox.Some[sigfox.SeqNumber](0),
		Last:     sigfox.Some[sigfox.SeqNumber](4095),
		Received: sigfox.Some[sigfox.SeqNumber](1200),
	}
	for _, typ := range []event.Type{event.InvalidSeqNumber, event.OutOfSequence} {
		e := event.NewSequenceBreak(typ, 0x2C30EA, noon, b)
		require.Equal(t, typ, e.Type)
		require.Equal(t, event.SeverityWarn, e.Severity)
		require.Equal(t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), e.MessageTime)
		require.Equal(t, &b, e.Detail)
		requireIdentity(t, e)
	}
}

func TestKinds_isACopy(t *testing.T) {
	t.Parallel()
	event.Kinds()[0].Name = "changed"
	require.NotEqual(t, "changed", event.Kinds()[0].Name)
}

func TestEvent_Device(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		e      event.Event
		wantID sigfox.DeviceID
		wantOK bool
	}{
		{"device", event.Event{SourceType: "DEVICE", SourceID: "2C30EA"}, 0x2C30EA, true},
		{"no type", event.Event{SourceID: "2C30EA"}, 0x2C30EA, true},
		{"group", event.Event{SourceType: "GROUP", SourceID: "2C30EA"}, 0, false},
		{"no id", event.Event{SourceType: "DEVICE"}, 0, false},
		{"no device id", event.Event{SourceID: "5c187c222564327e80000000"}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, ok := tt.e.Device()
			require.Equal(t, tt.wantOK, ok)
			require.Equal(t, tt.wantID, id)
		})
	}
}

func TestEvent_AppendJSON(t *testing.T) {
	t.Parallel()
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, `x{"service":"EVENT"}`, string(event.Event{}.AppendJSON([]byte("x"))))
	})
	t.Run("extra that is no JSON", func(t *testing.T) {
		t.Parallel()
		e := event.Event{Extra: callback.Extra{"a": nil, "b": json.RawMessage("{"), "c": json.RawMessage("[\n1]")}}
		require.Equal(t, `{"service":"EVENT","extra":{"a":null,"b":null,"c":[1]}}`, string(e.AppendJSON(nil)))
	})
	t.Run("a signal that is no number", func(t *testing.T) {
		t.Parallel()
		e := event.Event{DeviceInfo: event.DeviceInfo{Name: "x", AverageSignal: sigfox.Some(math.Inf(1))}}
		require.Equal(t, `{"service":"EVENT","deviceInfo":{"name":"x"}}`, string(e.AppendJSON(nil)))
	})
	t.Run("text that must be escaped", func(t *testing.T) {
		t.Parallel()
		e := event.Event{Type: "a\"\n\x01é"}
		require.Equal(t, `{"service":"EVENT","eventType":"a\"\n\u0001é"}`, string(e.AppendJSON(nil)))
	})
}

func TestEvent_AppendVar(t *testing.T) {
	t.Parallel()
	loss := parseOne(t, golden(t, "ev-off-contract.json"))
	loss.Extra = callback.Extra{"color": json.RawMessage(`"red"`)}
	move := parseOne(t, golden(t, "ev-change-device-type.json"))
	tests := []struct {
		name string
		e    event.Event
		want string
		ok   bool
	}{
		{"time", loss, "1546929254", true},
		{"eventType", loss, "OFF_CONTRACT", true},
		{"deviceMessageTime", loss, "2019-01-08 06:34:14", true},
		{"contractIds", loss, `["5bebdb4d1f2bb7a5cfa5f0c2","5bebdb4d1f2bb7a5cfa5f0c3"]`, true},
		{"expectedSubscriptionDurationEndTime", loss, "1577836800", true},
		{"expectedSubcriptionDurationEndTime", loss, "1577836800", true},
		{"previousDeviceTypeID", move, "5c187c222564327e80000009", true},
		{"previousDeviceTypeId", move, "5c187c222564327e80000009", true},
		{"color", loss, "red", true},
		{"userId", loss, "", false},
		{"service", loss, "", false},
		{"extra", loss, "", false},
		{"", loss, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.e.AppendVar([]byte("x"), tt.name)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, "x"+tt.want, string(got))
		})
	}
}

// TestTemplate sends an event through a customer's template and reads it back.
func TestTemplate(t *testing.T) {
	t.Parallel()
	body, err := template.Parse(`{"time":{time},"eventType":"{eventType}","sourceId":"{sourceId}",`+
		`"deviceInfo":{deviceInfo},"contractIds":{contractIds},"deviceCause":"{deviceCause}","userId":"{userId}"}`, template.Options{Place: template.JSON})
	require.NoError(t, err)
	sent := parseOne(t, golden(t, "ev-off-contract.json"))
	text, err := body.Append(nil, sent)
	require.NoError(t, err)
	received := parseOne(t, string(text))
	require.Equal(t, sent.DeviceInfo, received.DeviceInfo)
	require.Equal(t, sent.Time, received.Time)
	loss := received.Detail.(*event.ContractLoss)
	require.Equal(t, sent.Detail.(*event.ContractLoss).Cause, loss.Cause)
	require.Equal(t, sent.Detail.(*event.ContractLoss).ContractIDs, loss.ContractIDs)
	require.Empty(t, received.Extra)
}
