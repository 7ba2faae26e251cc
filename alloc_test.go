//go:build !race

package sigfox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
)

func TestAllocations(t *testing.T) {
	var (
		id      sigfox.DeviceID
		payload sigfox.Payload
		text    sigfox.DeviceText
		station sigfox.StationID
		buf     = make([]byte, 0, 64)
		hex     = []byte("d609912345603f0f8004223c")
		device  = []byte("2c30ea")
		err     error
	)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		err = id.UnmarshalText(device)
		err = text.UnmarshalText(device)
		err = station.UnmarshalText(device)
		err = payload.UnmarshalText(hex)
		buf, _ = id.AppendText(buf[:0])
		buf, _ = payload.AppendText(buf)
		buf = payload.AppendTo(buf)
	}))
	require.NoError(t, err)
}
