package event_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/event"
)

func ExampleParse() {
	events, err := event.Parse("application/json", []byte(`{
		"time": "1546929254", "sourceType": "DEVICE", "sourceId": "2C30EA",
		"severity": "WARN", "eventType": "INVALID_SEQ_NUMBER",
		"deviceExpectedSeqnumber": "424", "deviceMessageSeqnumber": "431"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range events {
		switch d := e.Detail.(type) {
		case *event.SequenceBreak:
			fmt.Println(e.SourceID, "expected", d.Expected.Or(0), "got", d.Received.Or(0))
		case *event.ContractLoss:
			fmt.Println(e.SourceID, "lost its contract:", d.Cause)
		}
	}
	// Output: 2C30EA expected 424 got 431
}

// What is not documented is kept.
func ExampleEvent_unknown() {
	events, err := event.Parse("", []byte(`{"eventType":"BATTERY_SWAPPED","sourceId":"2C30EA","by":"robot 7"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	e := events[0]
	by, _ := e.Extra.Text("by")
	fmt.Println(e.Type, e.Detail == nil, by)
	// Output: BATTERY_SWAPPED true robot 7
}

// A platform tells its customers that a device missed messages.
func ExampleNewSequenceBreak() {
	e := event.NewSequenceBreak(event.InvalidSeqNumber, 0x2C30EA, time.Unix(1546929254, 0), event.SequenceBreak{
		Expected: sigfox.Some[sigfox.SeqNumber](424),
		Last:     sigfox.Some[sigfox.SeqNumber](423),
		Received: sigfox.Some[sigfox.SeqNumber](431),
	})
	fmt.Printf("%s\n", e.AppendJSON(nil))
	// Output:
	// {"service":"EVENT","time":1546929254,"sourceType":"DEVICE","sourceId":"2C30EA","severity":"WARN","eventType":"INVALID_SEQ_NUMBER","deviceMessageTime":"2019-01-08 06:34:14","deviceExpectedSeqnumber":424,"deviceLastSeqnumber":423,"deviceMessageSeqnumber":431}
}

// A platform tells its customers that a user put a subscription on hold.
func ExampleNew() {
	e := event.New(event.Suspend, 0x2C30EA, time.Unix(1546929254, 0), &event.SubscriptionChange{
		Subscription: event.Subscription{State: event.SubscriptionSuspended},
		UserID:       "5a1b2c3d4e5f60718293a4b5",
	})
	fmt.Printf("%s\n", e.AppendJSON(nil))
	// Output:
	// {"service":"EVENT","time":1546929254,"sourceType":"DEVICE","sourceId":"2C30EA","severity":"INFO","eventType":"SUSPEND","userId":"5a1b2c3d4e5f60718293a4b5","subscriptionState":"SUSPENDED"}
}

func ExampleEvent_UnmarshalJSON() {
	var e event.Event
	err := json.Unmarshal([]byte(`{"service":"EVENT","eventType":"SUSPEND","userId":"5a1b2c3d4e5f60718293a4b5"}`), &e)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Type, e.Detail.(*event.SubscriptionChange).UserID)
	// Output: SUSPEND 5a1b2c3d4e5f60718293a4b5
}

func ExampleEvent_AppendVar() {
	e := event.New(event.Suspend, 0x2C30EA, time.Unix(1546929254, 0), nil)
	text, ok := e.AppendVar(nil, "time")
	fmt.Println(string(text), ok)
	// Output: 1546929254 true
}

func ExampleKinds() {
	for _, k := range event.Kinds()[:3] {
		fmt.Printf("%-25s %-18s %s\n", k.Name, k.Type, k.Severity)
	}
	// Output:
	// Break in message sequence INVALID_SEQ_NUMBER WARN
	// Out of message sequence   OUT_OF_SEQUENCE    WARN
	// Off contract              OFF_CONTRACT       ERROR
}
