package event_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

// TestConflicts holds every spelling and type in which the documentation, or a
// customer's template, may bring a member. Each line is one event in two forms:
// as received, and as canonical JSON.
func TestConflicts(t *testing.T) {
	t.Parallel()
	const service = `{"service":"EVENT",`
	tests := []struct{ name, body, want string }{
		{"time as string", `{"time":"1546929254"}`, `"time":1546929254}`},
		{"time as number", `{"time":1546929254}`, `"time":1546929254}`},
		{"time in milliseconds", `{"time":1546929254999}`, `"time":1546929254}`},
		{"time with fraction", `{"time":"1546929254.75"}`, `"time":1546929254}`},
		{"white space around", `{"eventType":"INVALID_SEQ_NUMBER","time":" 1546929254\n","deviceMessageSeqnumber":" 7","deviceLastSeqnumber":" "}`, `"time":1546929254,"eventType":"INVALID_SEQ_NUMBER","deviceMessageSeqnumber":7}`},
		{"time as date", `{"time":"2019-01-08 06:34:14"}`, `"time":1546929254}`},
		{"time renamed", `{"timestamp":"1546929254","severity":"INFO"}`, `"time":1546929254,"severity":"INFO"}`},
		{"time renamed and unreadable", `{"timestamp":"noon","severity":"INFO"}`, `"severity":"INFO","extra":{"timestamp":"noon"}}`},

		{"message time as date", `{"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08 06:34:14"}`, `"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08 06:34:14"}`},
		{"message time in seconds", `{"eventType":"OVERUSAGE","deviceMessageTime":"1546929254"}`, `"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08 06:34:14"}`},
		{"message time in milliseconds", `{"eventType":"OVERUSAGE","deviceMessageTime":1546929254000}`, `"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08 06:34:14"}`},
		{"message time in RFC 3339", `{"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08T07:34:14+01:00"}`, `"eventType":"OVERUSAGE","deviceMessageTime":"2019-01-08 06:34:14"}`},
		{"message time of a major gap", `{"eventType":"OUT_OF_SEQUENCE","deviceMessageTime":"2019-01-08 06:34:14"}`, `"eventType":"OUT_OF_SEQUENCE","deviceMessageTime":1546929254}`},

		{"type in words", `{"eventType":"Out of message sequence"}`, `"eventType":"OUT_OF_SEQUENCE"}`},
		{"type in lower case", `{"eventType":"invalid_seq_number"}`, `"eventType":"INVALID_SEQ_NUMBER"}`},
		{"type unknown", `{"eventType":"GEOFENCE_LEFT"}`, `"eventType":"GEOFENCE_LEFT"}`},
		{"severity in lower case", `{"severity":"warn"}`, `"severity":"WARN"}`},
		{"severity unknown", `{"severity":"Fatal"}`, `"severity":"Fatal"}`},
		{"source type in lower case", `{"sourceType":"device","sourceId":"2c30ea"}`, `"sourceType":"DEVICE","sourceId":"2C30EA"}`},
		{"source padded", `{"sourceId":"002c30ea"}`, `"sourceId":"2C30EA"}`},
		{"source is a group", `{"sourceType":"GROUP","sourceId":"00ab"}`, `"sourceType":"GROUP","sourceId":"00ab"}`},
		{"source renamed", `{"deviceId":"2C30EA"}`, `"sourceId":"2C30EA"}`},
		{"source beside a device", `{"device":"x","sourceId":"2C30EA"}`, `"sourceId":"2C30EA","extra":{"device":"x"}}`},
		{"subscription state unknown", `{"eventType":"SUSPEND","subscriptionState":"Paused"}`, `"eventType":"SUSPEND","subscriptionState":"Paused"}`},
		{"subscription state in lower case", `{"eventType":"SUSPEND","subscriptionState":"suspended"}`, `"eventType":"SUSPEND","subscriptionState":"SUSPENDED"}`},
		{"token state unknown", `{"eventType":"INTRA_TRANSFER","deviceTokenState":"LOST"}`, `"eventType":"INTRA_TRANSFER","deviceTokenState":"LOST"}`},
		{"token state in lower case", `{"eventType":"INTRA_TRANSFER","deviceTokenState":"ok"}`, `"eventType":"INTRA_TRANSFER","deviceTokenState":"OK"}`},

		{"minor gap with the last number", `{"eventType":"INVALID_SEQ_NUMBER","deviceLastSeqnumber":"423"}`, `"eventType":"INVALID_SEQ_NUMBER","deviceLastSeqnumber":423}`},
		{"major gap with the expected number", `{"eventType":"OUT_OF_SEQUENCE","deviceExpectedSeqnumber":424}`, `"eventType":"OUT_OF_SEQUENCE","deviceExpectedSeqnumber":424}`},
		{"seqNumber with a capital N", `{"eventType":"OUT_OF_SEQUENCE","deviceMessageSeqNumber":"7"}`, `"eventType":"OUT_OF_SEQUENCE","deviceMessageSeqnumber":7}`},

		{"gap without a type", `{"deviceId":"3dff9d","deviceMessageSeqnumber":"431","deviceLastSeqnumber":424}`, `"sourceId":"3DFF9D","deviceLastSeqnumber":424,"deviceMessageSeqnumber":431}`},
		{"gap without a type, expected number", `{"eventType":"{eventType}","deviceExpectedSeqNumber":424}`, `"deviceExpectedSeqnumber":424}`},
		{"gap of an unknown type", `{"eventType":"GAP","deviceLastSeqnumber":424}`, `"eventType":"GAP","extra":{"deviceLastSeqnumber":424}}`},
		{"no gap without a type", `{"time":5,"contractId":"5c","deviceLastSeqnumber":null}`, `"time":5,"extra":{"contractId":"5c"}}`},
		{"device type changed, Id", `{"eventType":"CHANGED_DEVICE_TYPE","previousDeviceTypeId":"5c"}`, `"eventType":"CHANGED_DEVICE_TYPE","previousDeviceTypeID":"5c"}`},
		{"transfer, ID", `{"eventType":"INTRA_TRANSFER","previousDeviceTypeID":"5c"}`, `"eventType":"INTRA_TRANSFER","previousDeviceTypeId":"5c"}`},
		{"both spellings in a template, one replaced", `{"eventType":"INTRA_TRANSFER","previousDeviceTypeID":"5c","previousDeviceTypeId":"{previousDeviceTypeId}"}`, `"eventType":"INTRA_TRANSFER","previousDeviceTypeId":"5c"}`},
		{"both spellings with values", `{"eventType":"INTRA_TRANSFER","previousDeviceTypeId":"5c","previousDeviceTypeID":"5d"}`, `"eventType":"INTRA_TRANSFER","previousDeviceTypeId":"5c","extra":{"previousDeviceTypeID":"5d"}}`},
		{"subscription end", `{"eventType":"OFF_CONTRACT","expectedSubscriptionDurationEndTime":1577836800}`, `"eventType":"OFF_CONTRACT","expectedSubscriptionDurationEndTime":1577836800}`},
		{"subscription end, misspelt", `{"eventType":"OFF_CONTRACT","expectedSubcriptionDurationEndTime":"1577836800"}`, `"eventType":"OFF_CONTRACT","expectedSubscriptionDurationEndTime":1577836800}`},

		{"previous contract as string", `{"eventType":"CONTRACT_SWITCH","previousContractId":"5b"}`, `"eventType":"CONTRACT_SWITCH","previousContractId":"5b"}`},
		{"previous contract as object", `{"eventType":"CONTRACT_SWITCH","previousContractId":{"id":"5b","name":"n"}}`, `"eventType":"CONTRACT_SWITCH","previousContractId":"5b"}`},
		{"previous contract as quoted object", `{"eventType":"CONTRACT_SWITCH","previousContractId":"{\"$oid\":\"5b\"}"}`, `"eventType":"CONTRACT_SWITCH","previousContractId":"5b"}`},
		{"previous contract as object in object", `{"eventType":"CONTRACT_SWITCH","previousContractId":{"_id":{"$oid":"5b"}}}`, `"eventType":"CONTRACT_SWITCH","previousContractId":"5b"}`},
		{"previous contract as object of unknown form", `{"eventType":"CONTRACT_SWITCH","previousContractId":{"ref": 1}}`, `"eventType":"CONTRACT_SWITCH","extra":{"previousContractId":{"ref":1}}}`},
		{"previous contract that only looks like an object", `{"eventType":"CONTRACT_SWITCH","previousContractId":"{5b"}`, `"eventType":"CONTRACT_SWITCH","previousContractId":"{5b"}`},

		{"contracts as array", `{"eventType":"ON_CONTRACT","contractIds":["5b", "5c",null]}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts as quoted array", `{"eventType":"ON_CONTRACT","contractIds":"[\"5b\",\"5c\"]"}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts as list", `{"eventType":"ON_CONTRACT","contractIds":"5b, 5c"}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts as list in brackets", `{"eventType":"ON_CONTRACT","contractIds":"[5b, 5c]"}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts without quotes", `{"eventType":"ON_CONTRACT","contractIds":[5b, 5c]}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts as objects", `{"eventType":"ON_CONTRACT","contractIds":[{"id":"5b"},{"id":"5c"}]}`, `"eventType":"ON_CONTRACT","contractIds":["5b","5c"]}`},
		{"contracts as one object", `{"eventType":"ON_CONTRACT","contractIds":{"id":"5b"}}`, `"eventType":"ON_CONTRACT","contractIds":["5b"]}`},
		{"contracts of unknown form", `{"eventType":"ON_CONTRACT","contractIds":["5b",{"x":1}]}`, `"eventType":"ON_CONTRACT","extra":{"contractIds":["5b",{"x":1}]}}`},
		{"contracts empty", `{"eventType":"ON_CONTRACT","contractIds":[]}`, `"eventType":"ON_CONTRACT"}`},

		{"info as quoted object", `{"deviceInfo":"{\"id\":\"2c30ea\",\"last communication\":\"2019-01-08 06:34:14\"}"}`, `"deviceInfo":{"id":"2C30EA","last communication":"2019-01-08 06:34:14"}}`},
		{"info in camel case", `{"deviceInfo":{"lastCommunication":"1546929254","averageSignal":"12.30"}}`, `"deviceInfo":{"last communication":"2019-01-08 06:34:14","average signal":12.3}}`},
		{"info as text", `{"deviceInfo":"cold room 3"}`, `"deviceInfo":"cold room 3"}`},
		{"info as text that starts like an object", `{"deviceInfo":"{id=2C30EA, name=n}"}`, `"deviceInfo":"{id=2C30EA, name=n}"}`},
		{"info without values", `{"eventType":"SUSPEND","deviceInfo":{"id":null,"name":"","last purge":"N/A"}}`, `"eventType":"SUSPEND"}`},
		{"info with an unknown member", `{"deviceInfo":{"id":"2C30EA","color": [1, 2]}}`, `"deviceInfo":{"id":"2C30EA","color":[1,2]}}`},

		{"names in other case", `{"EVENTTYPE":"SUSPEND","User_ID":"5a"}`, `"eventType":"SUSPEND","userId":"5a"}`},
		{"last duplicate", `{"severity":"INFO","severity":"WARN"}`, `"severity":"WARN"}`},
		{"last duplicate is absent", `{"time":1,"severity":"INFO","severity":null}`, `"time":1}`},
		{"absent values", `{"time":1,"severity":null,"sourceId":"null","groupId":"N/A","deviceTypeId":"","eventType":"{eventType}","x":"{x}"}`, `"time":1}`},
		{"absent values without quotes", `{"time":1,"severity":N/A,"groupId":{groupId}}`, `"time":1}`},
		{"unknown members", `{"time":1,"b":"x","a":{ "c": 1 },"n":1.50,"word":abc,"t":true}`, `"time":1,"extra":{"a":{"c":1},"b":"x","n":1.50,"t":true,"word":"abc"}}`},
		{"members without a name", `{"time":1,"":"a","_":"b"}`, `"time":1,"extra":{"":"a","_":"b"}}`},
		{"members of another event", `{"eventType":"SUSPEND","deviceCause":"c"}`, `"eventType":"SUSPEND","extra":{"deviceCause":"c"}}`},
		{"members of an unknown event", `{"eventType":"NEW","contractId":"5b","deviceInfo":{"id":"1"}}`, `"eventType":"NEW","deviceInfo":{"id":"1"},"extra":{"contractId":"5b"}}`},
		{"a service that is not ours", `{"time":1,"service":"billing","extra":{"a":1}}`, `"time":1,"extra":{"extra":{"a":1},"service":"billing"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := parseOne(t, tt.body)
			require.Equal(t, service+tt.want, string(e.AppendJSON(nil)))
			requireIdentity(t, e)
		})
	}
}

// TestDetails holds the fields of each detail, which canonical JSON does not show.
func TestDetails(t *testing.T) {
	t.Parallel()
	const contract, previous = "5bebdb4d1f2bb7a5cfa5f0c2", "5bebdb4d1f2bb7a5cfa5f0c1"
	const network, business = "4d39a4c9e03e6b3c430e2188", "4d39a4c9e03e6b3c430e2189"
	contracts := []string{contract, "5bebdb4d1f2bb7a5cfa5f0c3"}
	seq := sigfox.Some[sigfox.SeqNumber]
	tests := map[string]event.Detail{
		"break-in-message-sequence":  &event.SequenceBreak{Expected: seq(424), Received: seq(431)},
		"out-of-message-sequence":    &event.SequenceBreak{Last: seq(423), Received: seq(3011)},
		"on-contract":                &event.Subscription{ContractID: contract, ContractIDs: contracts, State: event.SubscriptionPreActivated, BusinessOperatorID: business},
		"renewal":                    &event.Subscription{ContractID: contract, NetworkOperatorID: network, BusinessOperatorID: business},
		"overusage":                  &event.Subscription{ContractID: contract, State: event.SubscriptionActivated, BusinessOperatorID: business},
		"receive-first-test-message": &event.Subscription{ContractID: contract, State: event.SubscriptionTestActivated, NetworkOperatorID: network, BusinessOperatorID: business},
		"off-contract": &event.ContractLoss{
			Subscription: event.Subscription{
				ContractID: contract, ContractIDs: contracts, State: event.SubscriptionInactive,
				NetworkOperatorID: network, BusinessOperatorID: business,
			},
			ShortCause: "No token", Cause: "The contract has no token left",
			SubscriptionEnd: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
			TokenEnd:        time.Date(2020, 1, 1, 1, 0, 0, 0, time.UTC),
		},
		"contract-switch": &event.ContractChange{
			Subscription: event.Subscription{
				ContractID: contract, State: event.SubscriptionActivated,
				NetworkOperatorID: network, BusinessOperatorID: business,
			},
			PreviousContractID: previous,
		},
		"suspend": &event.SubscriptionChange{
			Subscription: event.Subscription{ContractID: contract, State: event.SubscriptionSuspended, BusinessOperatorID: business},
			UserID:       "5a1b2c3d4e5f60718293a4b5",
		},
		"change-device-type": &event.DeviceTypeChange{
			Subscription:         event.Subscription{ContractID: contract, ContractIDs: contracts, State: event.SubscriptionActivated},
			PreviousDeviceTypeID: "5c187c222564327e80000009",
		},
		"extra-transfer": &event.Transfer{
			ContractID: contract, PreviousContractID: previous,
			PreviousDeviceTypeID: "5c187c222564327e80000009", TokenState: event.TokenNotConsumed,
		},
		"replaced-to": &event.Replacement{
			Subscription: event.Subscription{ContractID: contract, State: event.SubscriptionActivated},
			Source:       sigfox.Some[sigfox.DeviceID](0x2C30E9), Destination: sigfox.Some[sigfox.DeviceID](0x2C30EA),
		},
	}
	for page, want := range tests {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, parseOne(t, golden(t, "ev-"+page+".json")).Detail)
		})
	}
}

func TestDeviceInfo(t *testing.T) {
	t.Parallel()
	e := parseOne(t, golden(t, "ev-suspend.json"))
	require.Equal(t, event.DeviceInfo{
		ID: sigfox.Some[sigfox.DeviceID](0x2C30EA), Name: "cold room 3", State: "OK",
		LastCommunication: time.Date(2019, 1, 8, 6, 34, 14, 0, time.UTC),
		LastPurge:         time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC),
		AverageSignal:     sigfox.Some(12.3),
		Timeout:           time.Date(2019, 1, 9, 6, 34, 14, 0, time.UTC),
	}, e.DeviceInfo)
	require.Equal(t, time.Date(2019, 1, 8, 6, 34, 14, 0, time.UTC), e.Time)
	require.True(t, e.MessageTime.IsZero())
}

func TestParse_formats(t *testing.T) {
	t.Parallel()
	const want = `{"service":"EVENT","time":1546929254,"eventType":"SUSPEND","deviceInfo":{"id":"2C30EA"},` +
		`"deviceMessageTime":"2019-01-08 06:34:14","userId":"5a"}`
	tests := []struct{ name, contentType, body string }{
		{"JSON", "application/json", `{"time":1546929254,"eventType":"SUSPEND","deviceInfo":{"id":"2C30EA"},"deviceMessageTime":"2019-01-08 06:34:14","userId":"5a"}`},
		{"JSON with a byte order mark", "application/json; charset=utf-8", "\ufeff" + want},
		{"JSON that is called a form", "application/x-www-form-urlencoded", want},
		{"form", "application/x-www-form-urlencoded", "time=1546929254&eventType=SUSPEND&deviceInfo=%7B%22id%22%3A%222C30EA%22%7D&deviceMessageTime=2019-01-08+06%3A34%3A14&userId=5a\r\n"},
		{"form without content type", "", "time=1546929254&eventType=SUSPEND&deviceInfo=%7B%22id%22%3A%222C30EA%22%7D&deviceMessageTime=2019-01-08%2006:34:14&userId=5a"},
		{"text", "text/plain", "time: 1546929254\neventType: SUSPEND\ndeviceInfo: {\"id\":\"2C30EA\"}\ndeviceMessageTime: 2019-01-08 06:34:14\nuserId: 5a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := event.Parse(tt.contentType, []byte(tt.body))
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.Equal(t, want, string(events[0].AppendJSON(nil)))
		})
	}
}

// TestParse_copies holds that events share no memory with the text, which the
// handler uses again.
func TestParse_copies(t *testing.T) {
	t.Parallel()
	body := []byte(golden(t, "ev-off-contract.json"))
	body = append(body[:len(body)-2], `,"a":"\u0041","b":[1,2],"c":1,"d":"text"}`...)
	events, err := event.Parse("", body)
	require.NoError(t, err)
	want := string(events[0].AppendJSON(nil))
	clear(body)
	require.Equal(t, want, string(events[0].AppendJSON(nil)))
}

// TestParse_query holds that the query fills what the body leaves out.
func TestParse_query(t *testing.T) {
	t.Parallel()
	const want = `{"service":"EVENT","severity":"WARN","eventType":"SUSPEND","userId":"5a 5b","extra":{"token":"a b"}}`
	tests := []struct{ name, query, body string }{
		{"query alone", "eventType=Suspend&userId=5a%205b&token=a+b&severity=WARN", ""},
		{"form and query", "severity=INFO&userId=5a%205b&token=a+b", "eventType=SUSPEND&severity=%57ARN"},
		{"JSON and query", "USERID=5a%205b&token=a+b&severity=INFO&eventType=RESUME", `{"eventType":"SUSPEND","severity":"WARN"}`},
		{"query that was not filled", "userId={userId}&token=a+b", `{"eventType":"SUSPEND","severity":"WARN","userId":"5a 5b"}`},
		{"canonical JSON and query", "token=a+b", `{"service":"EVENT","severity":"WARN","eventType":"SUSPEND","userId":"5a 5b"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := event.ParseInput(callback.Input{Query: tt.query, Body: []byte(tt.body)})
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.Equal(t, want, string(events[0].AppendJSON(nil)))
			requireIdentity(t, events[0])
		})
	}
	t.Run("each event of a batch", func(t *testing.T) {
		t.Parallel()
		events, err := event.ParseInput(callback.Input{Query: "eventType=SUSPEND&severity=WARN", Body: []byte("{\"userId\":\"5a\"}\n{\"severity\":\"INFO\"}")})
		require.NoError(t, err)
		require.Len(t, events, 2)
		require.Equal(t, `{"service":"EVENT","severity":"WARN","eventType":"SUSPEND","userId":"5a"}`, string(events[0].AppendJSON(nil)))
		require.Equal(t, `{"service":"EVENT","severity":"INFO","eventType":"SUSPEND"}`, string(events[1].AppendJSON(nil)))
	})
	t.Run("percent sign", func(t *testing.T) {
		t.Parallel()
		_, err := event.ParseInput(callback.Input{Query: "severity=%", Body: []byte("{}")})
		require.ErrorContains(t, err, "percent sign")
	})
}

func TestParse_several(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"lines":       "{\"severity\":\"INFO\"}\n{\"severity\":\"WARN\"}\n",
		"CRLF lines":  "{\"severity\":\"INFO\"}\r\n\r\n{\"severity\":\"WARN\"}\r\n",
		"one line":    `{"severity":"INFO"}{"severity":"WARN"}`,
		"array":       ` [{"severity":"INFO"}, {"severity":"WARN"}] `,
		"a bad line":  "{\"severity\":\"INFO\"}\n{\"severity\"}\n{\"severity\":\"WARN\"}",
		"a bad text":  "{\"severity\":\"INFO\"}\n{\"time\":\"\xff\",\"x\":1}\n{\"severity\":\"WARN\"}",
		"a bad value": "{\"severity\":\"INFO\"}\n{\"time\":\"noon\"}\n{\"severity\":\"WARN\"}",
		"a bad entry": `[{"severity":"INFO"}, 7, {"severity":"WARN"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := event.Parse("", []byte(body))
			if name[0] == 'a' && name != "array" {
				require.ErrorContains(t, err, "EVENT line 2: ")
			} else {
				require.NoError(t, err)
			}
			require.Len(t, events, 2)
			require.Equal(t, event.SeverityInfo, events[0].Severity)
			require.Equal(t, event.SeverityWarn, events[1].Severity)
		})
	}
}
