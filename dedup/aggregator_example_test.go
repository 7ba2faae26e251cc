package dedup_test

import (
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// Three copies of a message come in, from two stations. The first one makes the
// UPLINK callback go out, the end of the window DATA_ADVANCED.
func ExampleAggregator() {
	a, err := dedup.NewAggregator(dedup.AggregatorOptions{Zone: sigfox.RC1})
	if err != nil {
		panic(err)
	}
	payload, _ := sigfox.ParsePayload("d609912345603f0f8004223c")
	received := time.Unix(1546929254, 0)
	for _, f := range []dedup.Frame{
		{Station: 0x27B9, Repetition: 0, RSSI: -131.5, SNR: 9},
		{Station: 0x1D44, Repetition: 1, RSSI: -119.25, SNR: 17.5},
		{Station: 0x27B9, Repetition: 2, RSSI: -128, SNR: 11},
	} {
		f.Device, f.Time, f.Seq, f.Payload = 0x2C30EA, 1546929254, 424, payload
		if a.Add(received, f) == dedup.First {
			fmt.Println("UPLINK", f.Device, f.Seq, f.Payload)
		}
		received = received.Add(2 * time.Second)
	}

	next, _ := a.NextClose()
	for m := range a.Closed(next) {
		fmt.Println("DATA_ADVANCED", m.Key.Device, m.Key.Seq, m.LinkQuality)
		for _, r := range m.Receptions {
			fmt.Println(r.Station, r.RSSI, r.SNR, r.NbRep)
		}
	}
	// Output:
	// UPLINK 2C30EA 424 d609912345603f0f8004223c
	// DATA_ADVANCED 2C30EA 424 Good
	// 27B9 -128 11 2
	// 1D44 -119.25 17.5 1
}

// A device loses messages, confirms a downlink, and is flashed.
func ExampleSequenceWatch() {
	w, err := dedup.NewSequenceWatch(dedup.SequenceOptions{Uplinks: 140})
	if err != nil {
		panic(err)
	}
	now := time.Unix(1546929254, 0)
	observe := func(seq sigfox.SeqNumber) {
		s := w.Observe(now, dedup.Numbered{Device: 0x2C30EA, Seq: seq})
		fmt.Println(s.Received, s.State)
	}
	observe(185)
	observe(190)
	w.Downlink(0x2C30EA)
	observe(192)
	observe(0)
	w.Disengage(0x2C30EA)
	observe(1)
	// Output:
	// 185 InSequence
	// 190 BreakInSequence
	// 192 InSequence
	// 0 OutOfSequence
	// 1 InSequence
}
