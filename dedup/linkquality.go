package dedup

import "github.com/go-sigfox/sigfox"

// linkQuality is sigfox.LinkQualityOf without the allocations that ranging over
// a function costs.
func linkQuality(zone sigfox.RadioZone, receptions []Reception) sigfox.LinkQuality {
	strongAbove, weakAbove := float32(-122), float32(-135)
	if zone == sigfox.RC2 || zone == sigfox.RC4 {
		strongAbove, weakAbove = -114, -127
	}
	var strong, weak int
	for i := range receptions { // without jumps, which nobody could foretell
		r := receptions[i].RSSI
		if r > strongAbove {
			strong++
		}
		if r > weakAbove {
			weak++
		}
	}
	switch {
	case strong >= 3:
		return sigfox.LinkExcellent
	case strong > 0 || weak >= 3:
		return sigfox.LinkGood
	case weak > 0:
		return sigfox.LinkAverage
	default:
		return sigfox.LinkLimit
	}
}
