package main

import (
	"math"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
)

// located returns the mean of the positions of the stations that heard a message,
// the louder ones counting for more.
func located(stations []radio.Station, heard []dedup.Reception) callback.Location {
	var lat, lng, weight float64
	for _, r := range heard {
		for i := range stations {
			if stations[i].ID != r.Station {
				continue
			}
			w := math.Pow(10, float64(r.RSSI)/40) // inverse to the distance, nearly
			lat, lng, weight = lat+w*stations[i].Lat, lng+w*stations[i].Lng, weight+w
		}
	}
	if weight == 0 {
		return callback.Location{Status: sigfox.Some(callback.LocationNone)}
	}
	return callback.Location{
		Lat: sigfox.Some(degrees(lat / weight)), Lng: sigfox.Some(degrees(lng / weight)),
		Radius: sigfox.Some(math.Round(6000 / float64(len(heard)))),
		Source: sigfox.Some(callback.SourceNetwork), Status: sigfox.Some(callback.LocationOK),
	}
}

// degrees cuts a position to what can be known: about a metre.
func degrees(x float64) float64 { return math.Round(x*1e5) / 1e5 }
