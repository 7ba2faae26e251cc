package downlink_test

import (
	"testing"

	"github.com/go-sigfox/sigfox/downlink"
)

func BenchmarkAppendJSON(b *testing.B) {
	entry := downlink.Entry{Device: device(b, "2C30EA"), Reply: downlink.Send(setPoint)}
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		buf = downlink.AppendJSON(buf[:0], entry)
	}
}

func BenchmarkParseAnswer(b *testing.B) {
	body := []byte(`{"2C30EA":{"downlinkData":"0011223344556677"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := downlink.ParseAnswer(body); err != nil {
			b.Fatal(err)
		}
	}
}
