package sigfox

import (
	"iter"
	"strconv"
)

// LinkQuality is the Link Quality Indicator of a message, in the numbers of the
// variable {linkQuality} and of the API.
// Source: https://support.sigfox.com/docs/link-quality:-general-knowledge
type LinkQuality uint8

// The documented link qualities. Other numbers are kept as they are.
const (
	LinkLimit LinkQuality = iota
	LinkAverage
	LinkGood
	LinkExcellent
	LinkNA
)

// String returns the word that the cloud sends in {lqi}: "Limit", "Average",
// "Good", "Excellent", "NA"; the decimal number for an unknown code.
func (q LinkQuality) String() string {
	switch q {
	case LinkLimit:
		return "Limit"
	case LinkAverage:
		return "Average"
	case LinkGood:
		return "Good"
	case LinkExcellent:
		return "Excellent"
	case LinkNA:
		return "NA"
	default:
		return strconv.Itoa(int(q))
	}
}

// RadioZone is a radio configuration (RC1 to RC7) of the Sigfox network. The
// zero value is RC1.
type RadioZone uint8

// The radio configurations of the network.
const (
	RC1 RadioZone = iota
	RC2
	RC3
	RC4
	RC5
	RC6
	RC7
)

// String returns "RC1" to "RC7".
func (z RadioZone) String() string { return "RC" + strconv.Itoa(int(z)+1) }

// LinkQualityOf rates a message by the RSSI, in dBm, of each base station that
// received it, the best frame of each:
//
//	Excellent  3 stations or more above the strong threshold
//	Good       1 or 2 stations above it, or 3 or more above the weak threshold
//	Average    1 or 2 stations above the weak threshold
//	Limit      none
//
// The thresholds are -122 and -135 dBm, in RC2 and RC4 -114 and -127 dBm.
// Without any station the quality is LinkNA.
func LinkQualityOf(zone RadioZone, rssi iter.Seq[float64]) LinkQuality {
	strongAbove, weakAbove := -122.0, -135.0
	if zone == RC2 || zone == RC4 {
		strongAbove, weakAbove = -114, -127
	}
	var stations, strong, weak int
	for r := range rssi {
		stations++
		if r > weakAbove {
			weak++
		}
		if r > strongAbove {
			strong++
		}
	}
	switch {
	case stations == 0:
		return LinkNA
	case strong >= 3:
		return LinkExcellent
	case strong > 0 || weak >= 3:
		return LinkGood
	case weak > 0:
		return LinkAverage
	default:
		return LinkLimit
	}
}
