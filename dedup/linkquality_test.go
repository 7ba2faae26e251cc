package dedup_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// TestLinkQualityIsThatOfTheRootPackage compares the two at their thresholds.
func TestLinkQualityIsThatOfTheRootPackage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := sigfox.RadioZone(rapid.ByteMax(6).Draw(t, "zone"))
		a, err := dedup.NewAggregator(dedup.AggregatorOptions{Zone: zone, MaxMessages: 1})
		require.NoError(t, err)
		at := rapid.SampledFrom([]float32{-110, -113.99, -114, -121.99, -122, -126.99, -127, -134.99, -135, -140})
		rssi := rapid.SliceOfN(at, 1, 5).Draw(t, "rssi")
		for i, v := range rssi {
			f := frame(1, sigfox.StationID(i))
			f.RSSI = v
			a.Add(start, f)
		}
		want := sigfox.LinkQualityOf(zone, func(yield func(float64) bool) {
			for _, v := range rssi {
				if !yield(float64(v)) {
					return
				}
			}
		})
		for m := range a.Closed(start.Add(dedup.DefaultWindow)) {
			require.Equal(t, want, m.LinkQuality)
		}
	})
}
