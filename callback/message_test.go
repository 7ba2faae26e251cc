package callback_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/keepalive"
)

// All fields arrive where they belong, in their units.
func TestMessages(t *testing.T) {
	t.Parallel()
	at := time.Date(2019, 1, 8, 6, 34, 14, 0, time.UTC)
	data, err := sigfox.ParsePayload("d609")
	require.NoError(t, err)
	some := sigfox.Some[float64]
	station := sigfox.Some(sigfox.StationID(0x1d44))
	reception := callback.Reception{
		RSSI: some(-120.5), SNR: some(9.25), Station: station, Duplicate: sigfox.Some(true), AvgSNR: some(11),
	}
	const legacy = `,"rssi":-120.5,"snr":9.25,"station":"1D44","duplicate":true,"avgSnr":11,"lat":1,"lng":104}`
	const head = `{"device":"2C30EA","time":1546929254`

	require.Equal(t, callback.Uplink{
		Device: 0x2c30ea, Time: at, DeviceTypeID: "5c18", Data: data, SeqNumber: sigfox.Some(sigfox.SeqNumber(424)),
		Reception: reception, Lat: some(1), Lng: some(104),
	}, parseOne[callback.Uplink](t, head+`,"deviceTypeId":"5c18","data":"d609","seqNumber":424`+legacy))

	text, err := sigfox.NewDeviceText("002c30ea")
	require.NoError(t, err)
	bidir := parseOne[callback.Bidir](t, `{"device":"002c30ea","time":1546929254,"deviceTypeId":"5c18","data":"d609","seqNumber":424,"ack":true,"longPolling":false`+legacy)
	require.Equal(t, callback.Bidir{
		Device: 0x2c30ea, DeviceText: text, Time: at, DeviceTypeID: "5c18", Data: data,
		SeqNumber: sigfox.Some(sigfox.SeqNumber(424)), Ack: sigfox.Some(true), LongPolling: sigfox.Some(false),
		Reception: reception, Lat: some(1), Lng: some(104),
	}, bidir)
	require.True(t, bidir.WantsDownlink())
	require.False(t, callback.Bidir{}.WantsDownlink())

	require.Equal(t, callback.Status{
		Device: 0x2c30ea, Time: at, SeqNumber: sigfox.Some(sigfox.SeqNumber(424)),
		Reception: reception, Lat: some(1), Lng: some(104), Batt: some(3.61), Temp: some(-4),
	}, parseOne[callback.Status](t, head+`,"seqNumber":424,"batt":3.61,"temp":-4`+legacy))

	require.Equal(t, callback.Acknowledge{
		Device: 0x2c30ea, Time: at, Reception: reception, Lat: some(1), Lng: some(104),
		InfoCode: sigfox.Some(downlink.OverrunError), InfoMessage: "over", DownlinkAck: sigfox.Some(false), DownlinkOverusage: sigfox.Some(true),
	}, parseOne[callback.Acknowledge](t, head+`,"infoCode":3,"infoMessage":"over","downlinkAck":false,"downlinkOverusage":true`+legacy))

	require.Equal(t, callback.Repeater{
		Device: 0x2c30ea, Time: at, Batt: some(3.5), WhitelistDevices: sigfox.Some(0), RepeatedMsg: sigfox.Some(12),
		UnwantedDevices: sigfox.Some(15), UnwantedMsg: sigfox.Some(callback.Bucket(3)), WrongMsg: sigfox.Some(callback.Bucket(0)),
		OverRegulMsg: sigfox.Some(callback.Bucket(1)),
	}, parseOne[callback.Repeater](t, head+`,"batt":3.5,"whitelistDevices":0,"repeatedMsg":12,"unwantedDevices":15,"unwantedMsg":3,"wrongMsg":0,"overRegulMsg":1}`))

	require.Equal(t, callback.DataAdvanced{
		Device: 0x2c30ea, Time: at, DeviceTypeID: "5c18", Data: data, SeqNumber: sigfox.Some(sigfox.SeqNumber(424)),
		LQI: "Good", LinkQuality: sigfox.Some(sigfox.LinkGood), FixedLat: some(0), FixedLng: some(0.5),
		OperatorName: "SIGFOX_Japan_KCCS", CountryCode: sigfox.Some(392),
		Duplicates: []callback.Duplicate{{Station: station, RSSI: some(-138), NbRep: sigfox.Some(2), SNR: some(9)}},
		ComputedLocation: sigfox.Some(callback.Location{
			Lat: some(1.5), Lng: some(2.5), Radius: some(300), Source: sigfox.Some(callback.SourceWiFi),
			Status: sigfox.Some(callback.LocationFallback), PlaceIDs: []string{"a"},
		}),
	}, parseOne[callback.DataAdvanced](t, head+`,"deviceTypeId":"5c18","data":"d609","seqNumber":424,"lqi":"Good","linkQuality":2,`+
		`"fixedLat":0.0,"fixedLng":0.5,"operatorName":"SIGFOX_Japan_KCCS","countryCode":392,`+
		`"duplicates":[{"bsId":"1D44","rssi":-138,"nbRep":2,"snr":9}],`+
		`"computedLocation":{"lat":1.5,"lng":2.5,"radius":300,"source":6,"status":2,"placeIds":["a"]}}`))

	require.Equal(t, callback.Geoloc{
		Device: 0x2c30ea, Time: at, SeqNumber: sigfox.Some(sigfox.SeqNumber(424)), Reception: reception,
		Lat: some(1), Lng: some(104), Radius: some(10742), Source: sigfox.Some(callback.SourceNetwork),
	}, parseOne[callback.Geoloc](t, head+`,"seqNumber":424,"radius":10742,"geolocSource":2`+legacy))

	require.Equal(t, callback.ErrorReport{
		Device: 0x2c30ea, Time: at, Info: "No message", Severity: callback.SeverityWarn,
	}, parseOne[callback.ErrorReport](t, head+`,"info":"No message","severity":"WARN"}`))
}

func TestMessage_Key(t *testing.T) {
	t.Parallel()
	at := time.Unix(1546929254, 0)
	with := sigfox.MessageKey{Device: 1, Time: 1546929254, Seq: 7}
	without := sigfox.MessageKey{Device: 1, Time: 1546929254, Seq: sigfox.NoSeqNumber}
	seq := sigfox.Some(sigfox.SeqNumber(7))
	type keyed interface {
		Key() (sigfox.MessageKey, bool)
		Service() callback.Service
	}
	for _, tt := range []struct {
		message, untimed keyed
		want             sigfox.MessageKey
	}{
		{callback.Uplink{Device: 1, Time: at, SeqNumber: seq}, callback.Uplink{Device: 1, SeqNumber: seq}, with},
		{callback.Uplink{Device: 1, Time: at}, callback.Uplink{Device: 1}, without},
		{callback.Bidir{Device: 1, Time: at, SeqNumber: seq}, callback.Bidir{Device: 1, SeqNumber: seq}, with},
		{callback.Status{Device: 1, Time: at, SeqNumber: seq}, callback.Status{Device: 1, SeqNumber: seq}, with},
		{callback.DataAdvanced{Device: 1, Time: at, SeqNumber: seq}, callback.DataAdvanced{Device: 1, SeqNumber: seq}, with},
		{callback.Geoloc{Device: 1, Time: at, SeqNumber: seq}, callback.Geoloc{Device: 1, SeqNumber: seq}, with},
		{callback.Acknowledge{Device: 1, Time: at}, callback.Acknowledge{Device: 1}, without},
		{callback.Repeater{Device: 1, Time: at}, callback.Repeater{Device: 1}, without},
		{callback.ErrorReport{Device: 1, Time: at}, callback.ErrorReport{Device: 1}, without},
	} {
		t.Run(tt.message.Service().String(), func(t *testing.T) {
			t.Parallel()
			k, ok := tt.message.Key()
			require.True(t, ok)
			require.Equal(t, tt.want, k)
			_, ok = tt.untimed.Key()
			require.False(t, ok)
		})
	}
}

// The codes are those of https://support.sigfox.com/docs/repeater.
func TestBucket(t *testing.T) {
	t.Parallel()
	tests := []struct {
		low, high int
		text      string
	}{
		{0, 0, "0"},
		{1, 4, "1..4"},
		{5, 9, "5..9"},
		{10, 49, "10..49"},
		{50, 99, "50..99"},
		{100, 149, "100..149"},
		{150, 199, "150..199"},
		{200, 249, "200..249"},
		{250, 299, "250..299"},
		{300, 349, "300..349"},
		{350, 399, "350..399"},
		{400, 449, "400..449"},
		{450, 499, "450..499"},
		{500, 799, "500..799"},
		{800, 999, "800..999"},
		{1000, -1, "1000 or more"},
	}
	for code, tt := range tests {
		b := callback.Bucket(code)
		low, high, ok := b.Range()
		require.True(t, ok, code)
		require.Equal(t, tt.low, low, code)
		require.Equal(t, tt.high, high, code)
		require.Equal(t, tt.text, b.String())
	}
	_, _, ok := callback.Bucket(16).Range()
	require.False(t, ok)
	require.Equal(t, "Bucket(16)", callback.Bucket(16).String())
}

func TestDataAdvanced_Quality(t *testing.T) {
	t.Parallel()
	for text, want := range map[callback.LQI]sigfox.LinkQuality{
		"Limit": sigfox.LinkLimit, "AVERAGE": sigfox.LinkAverage, "good": sigfox.LinkGood, "Excellent": sigfox.LinkExcellent,
		"NA": sigfox.LinkNA, "0": sigfox.LinkLimit, "4": sigfox.LinkNA,
	} {
		got, ok := text.Quality()
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []callback.LQI{"", "fine", "5", "01"} {
		_, ok := text.Quality()
		require.False(t, ok, text)
	}

	q, ok := callback.DataAdvanced{LQI: "Good"}.Quality()
	require.True(t, ok)
	require.Equal(t, sigfox.LinkGood, q)
	q, ok = callback.DataAdvanced{LQI: "Good", LinkQuality: sigfox.Some(sigfox.LinkLimit)}.Quality()
	require.True(t, ok)
	require.Equal(t, sigfox.LinkLimit, q, "the number counts")
	_, ok = callback.DataAdvanced{}.Quality()
	require.False(t, ok)
}

func TestLocation_Position(t *testing.T) {
	t.Parallel()
	lat, lng, ok := callback.Location{Lat: sigfox.Some(1.5), Lng: sigfox.Some(2.5), Status: sigfox.Some(callback.LocationNone)}.Position()
	require.True(t, ok, "the coordinates decide, not the status")
	require.InDelta(t, 1.5, lat, 0)
	require.InDelta(t, 2.5, lng, 0)
	_, _, ok = callback.Location{Lat: sigfox.Some(1.5), Status: sigfox.Some(callback.LocationOK)}.Position()
	require.False(t, ok)
}

func TestErrorReport_LastMessage(t *testing.T) {
	t.Parallel()
	want := time.Date(2019, 1, 8, 6, 34, 14, 0, time.UTC)
	for info, want := range map[string]time.Time{
		"No message received since 2019-01-08 06:34:14":          want,
		"No message received since 2019-01-08 06:34:14.":         want,
		"Device: No message received since  2019-01-08 06:34:14": want,
		"No message received since 2019-01-08T06:34:14Z":         want,
		"No message received since 2019-01-08T07:34:14+01:00":    want,
		"No message received since 2019-01-08T06:34:14":          want,
		"No message received since 2019-01-08 06:34:14 UTC":      want,
		"No message received since Tue Jan 08 06:34:14 UTC 2019": want,
		"No message received since 2019-01-08":                   time.Date(2019, 1, 8, 0, 0, 0, 0, time.UTC),
	} {
		got, ok := callback.ErrorReport{Info: info}.LastMessage()
		require.True(t, ok, info)
		require.Equal(t, want, got, info)
	}
	for _, info := range []string{"", "No message received since", "No message received since yesterday", "The network experiences issues"} {
		_, ok := callback.ErrorReport{Info: info}.LastMessage()
		require.False(t, ok, info)
	}
}

func TestReportSilence(t *testing.T) {
	t.Parallel()
	last := time.Date(2019, 1, 8, 7, 34, 14, 5e8, time.FixedZone("CET", 3600))
	report := callback.ReportSilence(last.Add(time.Hour), keepalive.Breach{Device: 0x2c30ea, LastSeen: last})
	require.JSONEq(t, `{"service":"ERROR","device":"2C30EA","time":1546932854,`+
		`"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"}`, string(report.AppendJSON(nil)))
	got, ok := report.LastMessage()
	require.True(t, ok)
	require.True(t, got.Equal(last.Truncate(time.Second)))
}

func TestExtra_Text(t *testing.T) {
	t.Parallel()
	m := parseOne[callback.Uplink](t, `{"device":"1","a":"x\n","b":1.50,"c":{"d":1}}`)
	for name, want := range map[string]string{"a": "x\n", "b": "1.50", "c": `{"d":1}`} {
		got, ok := m.Extra.Text(name)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := m.Extra.Text("none")
	require.False(t, ok)
}
