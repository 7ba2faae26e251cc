//go:build !race

package downlink_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

func TestAnswerAllocatesNothing(t *testing.T) {
	entries := []downlink.Entry{
		{Device: device(t, "2C30EA"), Reply: downlink.Send(setPoint)},
		{Device: device(t, "1B29CC4")},
	}
	buf := make([]byte, 0, 256)
	require.Zero(t, testing.AllocsPerRun(100, func() { buf = downlink.AppendJSON(buf[:0], entries...) }))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		buf = downlink.AppendJSON(buf[:0], downlink.Entry{Device: entries[0].Device, Reply: downlink.Send(setPoint)})
	}))
}

func TestDataAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 16)
	text := []byte("00DEADBEEFCAFE7F")
	var d downlink.Data
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = d.UnmarshalText(text) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { buf, _ = d.AppendText(buf[:0]) }))
}

func TestDirectAllocatesNothing(t *testing.T) {
	d, err := downlink.ParseDirect("{tapId}0000{rssi}")
	require.NoError(t, err)
	var data downlink.Data
	require.Zero(t, testing.AllocsPerRun(100, func() {
		data = d.Render(downlink.DirectValues{TapID: sigfox.StationID(0x586B), RSSI: -111})
	}))
	require.NotZero(t, data)
}
