package radio

import (
	"math"
	"math/rand/v2"

	"github.com/go-sigfox/sigfox"
)

// Position is a place in degrees.
type Position struct{ Lat, Lng float64 }

// metres returns the distance between two places that are less than some hundred
// kilometres apart.
func (p Position) metres(q Position) float64 {
	const perDegree = 111_320
	dy := (p.Lat - q.Lat) * perDegree
	dx := (p.Lng - q.Lng) * perDegree * math.Cos(p.Lat*math.Pi/180)
	return math.Hypot(dx, dy)
}

// Station is a base station.
type Station struct {
	ID sigfox.StationID
	Position
}

// The radio channel: what a device sends with, how it fades with distance, and what
// a station can still make out. The figures give ranges of 3 km between houses and
// 15 km at best, as the network sees them.
const (
	txPower       = 14.0   // dBm, the limit of most zones in 868 MHz
	lossAt100m    = 91.0   // dB
	lossPerDecade = 38.0   // dB for each tenfold distance, in a suburb
	shadowing     = 6.0    // dB, standard deviation of each frame's luck
	sensitivity   = -142.0 // dBm
	noiseFloor    = -151.0 // dBm in the 100 Hz of a frame
	maxSNR        = 35.0   // dB, above which stations do not tell more
)

// hears returns the strength with which the station receives a frame sent at p, and
// whether it makes it out.
func (s *Station) hears(rng *rand.Rand, p Position) (rssi, snr float64, ok bool) {
	distance := max(s.metres(p), 10)
	rssi = txPower - lossAt100m - lossPerDecade*math.Log10(distance/100) + shadowing*rng.NormFloat64()
	rssi = max(rssi, -160)
	return round2(rssi), round2(min(rssi-noiseFloor, maxSNR)), rssi > sensitivity
}

// round2 rounds to the two decimals that the network gives.
func round2(x float64) float64 { return math.Round(x*100) / 100 }
