package sigfox_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
)

func TestParseDeviceID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2C30EA": "2C30EA", "2c30ea": "2C30EA", "002C30EA": "2C30EA", "1FD48BE": "1FD48BE", "1": "1", "0": "0",
		"0CB3": "CB3", "FFFFFFFF": "FFFFFFFF", "000000000000FFFFFFFF": "FFFFFFFF",
	} {
		id, err := sigfox.ParseDeviceID(text)
		require.NoError(t, err, text)
		require.Equal(t, want, id.String())
	}
}

func TestParseError(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0", 80) + "x"
	for _, test := range []struct {
		text   string
		offset int
		msg    string
	}{
		{"", 0, "empty"},
		{"2C30EG", 5, "not a hex digit"},
		{" 2C30EA", 0, "not a hex digit"},
		{"0x12", 1, "not a hex digit"},
		{"100000000", 8, "more than 32 bits"},
		{long, 80, "not a hex digit"},
	} {
		_, err := sigfox.ParseDeviceID(test.text)
		var parseErr *sigfox.ParseError
		require.ErrorAs(t, err, &parseErr, test.text)
		require.Equal(t, test.offset, parseErr.Offset, test.text)
		require.Equal(t, test.msg, parseErr.Msg, test.text)
		require.LessOrEqual(t, len(parseErr.Text), 64)
		require.Contains(t, err.Error(), "device id")
		_, err = sigfox.ParseStationID(test.text)
		require.ErrorContains(t, err, "station id")
	}
}

func TestStationID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"1f": "001F", "27B9": "27B9", "76543210": "76543210", "0": "0000"} {
		id, err := sigfox.ParseStationID(text)
		require.NoError(t, err)
		require.Equal(t, want, id.String())
	}
}

func TestDeviceText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2C30EA", "2c30ea", "00cB3", "000000000000001"} {
		d, err := sigfox.NewDeviceText(text)
		require.NoError(t, err)
		require.Equal(t, text, d.String())
		require.False(t, d.IsZero())
		id, err := sigfox.ParseDeviceID(text)
		require.NoError(t, err)
		require.Equal(t, id, d.ID())
	}
	require.True(t, sigfox.DeviceText{}.IsZero())
	for _, text := range []string{"", "xyz", "0000000000000001"} {
		_, err := sigfox.NewDeviceText(text)
		require.Error(t, err)
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	p, err := sigfox.ParsePayload("D609912345603f0f8004223c")
	require.NoError(t, err)
	require.Equal(t, "d609912345603f0f8004223c", p.String())
	require.Equal(t, 12, p.Len())
	require.Equal(t, byte(0x09), p.At(1))
	same, err := sigfox.NewPayload(p.Bytes())
	require.NoError(t, err)
	require.True(t, p == same)
	require.Panics(t, func() { sigfox.Payload{}.At(0) })

	for text, offset := range map[string]int{
		"0": 0, "123": 2, "1g": 1, "g1": 0, strings.Repeat("0", 25): 24, strings.Repeat("0", 26): 24, "00zz": 2,
	} {
		_, err := sigfox.ParsePayload(text)
		var parseErr *sigfox.ParseError
		require.ErrorAs(t, err, &parseErr, text)
		require.Equal(t, offset, parseErr.Offset, text)
	}
	_, err = sigfox.NewPayload(make([]byte, 13))
	require.Error(t, err)
	empty, err := sigfox.ParsePayload("")
	require.NoError(t, err)
	require.Equal(t, sigfox.Payload{}, empty)
}

// Values survive their JSON form.
func TestJSON(t *testing.T) {
	t.Parallel()
	type all struct {
		Device  sigfox.DeviceID
		Text    sigfox.DeviceText
		Station sigfox.StationID
		Payload sigfox.Payload
		Some    sigfox.Opt[float64]
		Zero    sigfox.Opt[int]
		None    sigfox.Opt[int]
		Left    sigfox.Opt[int] `json:",omitzero"`
	}
	text, err := sigfox.NewDeviceText("0cB3")
	require.NoError(t, err)
	p, err := sigfox.NewPayload([]byte{1, 0xab})
	require.NoError(t, err)
	v := all{0x2c30ea, text, 0x1f, p, sigfox.Some(-12.5), sigfox.Some(0), sigfox.Opt[int]{}, sigfox.Opt[int]{}}
	b, err := json.Marshal(v)
	require.NoError(t, err)
	require.JSONEq(t, `{"Device":"2C30EA","Text":"0cB3","Station":"001F","Payload":"01ab","Some":-12.5,"Zero":0,"None":null}`, string(b))
	var back all
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, v, back)
	for _, bad := range []string{`{"Device":"x"}`, `{"Station":"x"}`, `{"Payload":"x"}`, `{"Some":"x"}`, `{"Text":"x"}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}

// What a receiver measured may be no number, for which JSON has no word.
func TestOpt_MarshalJSON_noNumber(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		b, err := json.Marshal([]sigfox.Opt[float64]{sigfox.Some(f), sigfox.Some(-138.5)})
		require.NoError(t, err)
		require.Equal(t, "[null,-138.5]", string(b))
	}
}

func TestOpt(t *testing.T) {
	t.Parallel()
	some, none := sigfox.Some(3), sigfox.Opt[int]{}
	v, ok := some.Get()
	require.Equal(t, 3, v)
	require.True(t, ok)
	_, ok = none.Get()
	require.False(t, ok)
	require.Equal(t, 3, some.Or(4))
	require.Equal(t, 4, none.Or(4))
	require.True(t, some.Present())
	require.True(t, none.IsZero())
	require.NotEqual(t, sigfox.Some(0), none)
	some.Clear()
	require.Equal(t, none, some)

	*some.Init() = 7
	v, ok = some.Get()
	require.True(t, ok)
	require.Equal(t, 7, v)
	require.Zero(t, *some.Init(), "nothing is left of the value before")
}

func TestSeqNumberGap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, prev  sigfox.SeqNumber
		rollover int
		want     int
	}{
		{1, 0, 0, 1},
		{5, 5, 0, 0},
		{192, 190, 4096, 2},
		{0, 4095, 0, 1},
		{2, 4094, 4096, 4},
		{0, 127, 128, 1},
		{3, 126, 128, 5},
		{4, 3, 128, 1},
		{3, 4, 128, 127},
		{200, 100, 128, 100}, // the rollover cannot be 128
		{100, 200, 128, 3996},
	} {
		require.Equal(t, test.want, test.n.Gap(test.prev, test.rollover), "%+v", test)
	}
	rapid.Check(t, func(t *rapid.T) {
		rollover := rapid.SampledFrom([]int{128, 256, 512, 1024, 2048, 4096}).Draw(t, "rollover")
		prev := rapid.IntRange(0, rollover-1).Draw(t, "prev")
		steps := rapid.IntRange(0, rollover-1).Draw(t, "steps")
		n := sigfox.SeqNumber((prev + steps) % rollover)
		if got := n.Gap(sigfox.SeqNumber(prev), rollover); got != steps {
			t.Fatalf("gap %d, want %d", got, steps)
		}
	})
}

func TestLinkQualityOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone sigfox.RadioZone
		rssi []float64
		want sigfox.LinkQuality
	}{
		{sigfox.RC1, nil, sigfox.LinkNA},
		{sigfox.RC1, []float64{-135}, sigfox.LinkLimit},
		{sigfox.RC1, []float64{-140, -140, -140}, sigfox.LinkLimit},
		{sigfox.RC1, []float64{-134.9}, sigfox.LinkAverage},
		{sigfox.RC1, []float64{-122, -122}, sigfox.LinkAverage},
		{sigfox.RC1, []float64{-122, -134, -130}, sigfox.LinkGood},
		{sigfox.RC3, []float64{-121.9}, sigfox.LinkGood},
		{sigfox.RC5, []float64{-100, -100, -140}, sigfox.LinkGood},
		{sigfox.RC1, []float64{-100, -121, -80, -140}, sigfox.LinkExcellent},
		{sigfox.RC2, []float64{-121}, sigfox.LinkAverage},
		{sigfox.RC4, []float64{-127}, sigfox.LinkLimit},
		{sigfox.RC4, []float64{-113, -113, -113}, sigfox.LinkExcellent},
		{sigfox.RC7, []float64{-113}, sigfox.LinkGood},
	} {
		require.Equal(t, test.want, sigfox.LinkQualityOf(test.zone, slices.Values(test.rssi)), "%+v", test)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	var names []string
	for q := sigfox.LinkLimit; q <= sigfox.LinkNA+1; q++ {
		names = append(names, q.String())
	}
	require.Equal(t, []string{"Limit", "Average", "Good", "Excellent", "NA", "5"}, names)
	require.Equal(t, "RC1 RC7", fmt.Sprint(sigfox.RC1, " ", sigfox.RC7))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2C30EA", "00cb3", "", "d609912345603f0f8004223c", "0", "ffffffffff", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := sigfox.ParseDeviceID(s); err == nil {
			again, err := sigfox.ParseDeviceID(id.String())
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
		if p, err := sigfox.ParsePayload(s); err == nil {
			require.Equal(t, strings.ToLower(s), p.String())
		}
		if d, err := sigfox.NewDeviceText(s); err == nil {
			require.Equal(t, s, d.String())
		}
	})
}

func ExampleParseDeviceID() {
	id, err := sigfox.ParseDeviceID("002c30ea")
	fmt.Println(id, err)
	// Output: 2C30EA <nil>
}

func ExampleSeqNumber_Gap() {
	fmt.Println(sigfox.SeqNumber(1).Gap(4094, 4096), "steps: two messages are missing")
	// Output: 3 steps: two messages are missing
}

func ExampleOpt() {
	rssi := sigfox.Some(-121.5)
	var snr sigfox.Opt[float64]
	fmt.Println(rssi.Or(0), snr.Present())
	// Output: -121.5 false
}

// The best frame of each of three base stations: one heard the message well.
func ExampleLinkQualityOf() {
	rssi := slices.Values([]float64{-118, -131, -137.5})
	fmt.Println(sigfox.LinkQualityOf(sigfox.RC1, rssi), sigfox.LinkQualityOf(sigfox.RC4, rssi))
	// Output: Good Average
}
