package dedup

import "github.com/go-sigfox/sigfox"

// linkLimits are the RSSI, in hundredths of dBm, above which a link is strong or at
// least weak.
type linkLimits struct{ strong, weak int16 }

func linkLimitsOf(zone sigfox.RadioZone) linkLimits {
	if zone == sigfox.RC2 || zone == sigfox.RC4 {
		return linkLimits{-114_00, -127_00}
	}
	return linkLimits{-122_00, -135_00}
}

// links is how many stations heard a message above the limits.
type links struct{ strong, weak int }

func (n *links) add(o links) {
	n.strong += o.strong
	n.weak += o.weak
}

// quality is what sigfox.LinkQualityOf says, by what a record holds: it is read
// anyway.
func (n links) quality() sigfox.LinkQuality {
	switch {
	case n.strong >= 3:
		return sigfox.LinkExcellent
	case n.strong > 0 || n.weak >= 3:
		return sigfox.LinkGood
	case n.weak > 0:
		return sigfox.LinkAverage
	default:
		return sigfox.LinkLimit
	}
}
