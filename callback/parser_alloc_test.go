//go:build !race

package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// allocs returns how often a parser allocates for the body once it has read it.
func allocs[M callback.Message](t *testing.T, body string) float64 {
	t.Helper()
	var p callback.Parser[M]
	in := callback.Input{ContentType: "application/json", Body: []byte(body)}
	messages, err := p.Append(nil, in)
	require.NoError(t, err)
	return testing.AllocsPerRun(100, func() {
		messages, err = p.Append(messages[:0], in)
	})
}

// Messages of fixed size are read without allocating, whether numbers are quoted or
// not.
func TestParser_doesNotAllocate(t *testing.T) {
	const reception = `"time":"1546929254","rssi":-120.5,"snr":"12.25","station":"1D44","duplicate":"false","avgSnr":15.5,"lat":51,"lng":"-1"`
	require.Zero(t, allocs[callback.Uplink](t, `{"device":"2C30EA","deviceTypeId":"5c187c222564327e80000000",`+
		`"data":"d609912345603f0f8004223c","seqNumber":"424",`+reception+`}`))
	require.Zero(t, allocs[callback.Bidir](t, `{"device":"2C30EA","data":"00","seqNumber":424,"ack":"true","longPolling":false,`+reception+`}`))
	require.Zero(t, allocs[callback.Status](t, `{"device":"2C30EA","seqNumber":4,"batt":"3.6","temp":21.5,`+reception+`}`))
	require.Zero(t, allocs[callback.Acknowledge](t, `{"device":"2C30EA","infoCode":0,"infoMessage":"Acked","downlinkAck":true,`+
		`"downlinkOverusage":"False",`+reception+`}`))
	require.Zero(t, allocs[callback.Repeater](t, `{"device":"2C30EA","time":1546929254,"batt":3.6,"whitelistDevices":"2",`+
		`"repeatedMsg":3,"unwantedDevices":15,"unwantedMsg":"4","wrongMsg":0,"overRegulMsg":1}`))
	require.Zero(t, allocs[callback.DataAdvanced](t, bodyWith(callback.ServiceDataAdvanced, "duplicates", "null")))
	require.Zero(t, allocs[callback.Geoloc](t, `{"device":"2C30EA","radius":350,"geolocSource":2,`+reception+`}`))
	require.Zero(t, allocs[callback.ErrorReport](t, `{"device":"2C30EA","time":1546929254,`+
		`"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"}`))
}
