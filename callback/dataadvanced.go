package callback

import (
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
)

// DataAdvanced is the callback SERVICE/DATA_ADVANCED: the message of a DATA
// callback again, with all that the network knows of it once its reception window
// is over, 25 to 30 s after the first frame.
// Source: https://support.sigfox.com/docs/data-advanced
type DataAdvanced struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// Time is when the network received the message, in UTC; zero if not sent.
	Time time.Time
	// DeviceTypeID is the id of the device type: 24 hex digits.
	DeviceTypeID string
	// DeviceTypeName is the name of the device type, if the template asks for it.
	DeviceTypeName string
	// Data is the payload of 0 to 12 bytes.
	Data sigfox.Payload
	// SeqNumber is the sequence number; absent for devices on protocol V0.
	SeqNumber sigfox.Opt[sigfox.SeqNumber]
	// LQI is the link quality in words, as received.
	LQI LQI
	// LinkQuality is the link quality as a number. Older templates have only LQI.
	LinkQuality sigfox.Opt[sigfox.LinkQuality]
	// FixedLat and FixedLng are the position in the settings of the device, in
	// degrees; both are 0 if it was never set.
	FixedLat, FixedLng sigfox.Opt[float64]
	// OperatorName is the Sigfox operator, such as "SIGFOX_Japan_KCCS".
	OperatorName string
	// CountryCode is the country of the operator, ISO 3166-1 numeric.
	CountryCode sigfox.Opt[int]
	// Duplicates has one entry for each base station, given with the contract option
	// NETWORK METADATA.
	Duplicates []Duplicate
	// ComputedLocation is the computed position, given with the ATLAS service.
	ComputedLocation sigfox.Opt[Location]

	// CustomData holds the values of the custom payload configuration.
	CustomData CustomData
	// Extra holds the members that SERVICE/DATA_ADVANCED does not document.
	Extra Extra
}

// Service returns ServiceDataAdvanced.
func (DataAdvanced) Service() Service { return ServiceDataAdvanced }

// Key identifies the message; ok is false if its time was not sent. It is the key
// of the DATA callback for the same message.
func (m DataAdvanced) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, m.SeqNumber)
}

// Quality returns the link quality from LinkQuality, or else from LQI.
func (m DataAdvanced) Quality() (q sigfox.LinkQuality, ok bool) {
	if q, ok = m.LinkQuality.Get(); ok {
		return q, true
	}
	return m.LQI.Quality()
}

func (m *DataAdvanced) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varDeviceTypeID] = &m.DeviceTypeID
	f.slot[varDeviceTypeName] = &m.DeviceTypeName
	f.slot[varData] = &m.Data
	f.slot[varSeqNumber] = &m.SeqNumber
	f.slot[varLQI] = (*string)(&m.LQI)
	f.slot[varLinkQuality] = &m.LinkQuality
	f.slot[varFixedLat] = &m.FixedLat
	f.slot[varFixedLng] = &m.FixedLng
	f.slot[varOperatorName] = &m.OperatorName
	f.slot[varCountryCode] = &m.CountryCode
	f.slot[varDuplicates] = &m.Duplicates
	f.slot[varComputedLocation] = &m.ComputedLocation
	f.custom, f.extra = &m.CustomData, &m.Extra
}

// LQI is the Link Quality Indicator in words. The cloud sends "Limit", "Average",
// "Good", "Excellent" and "NA", its documentation prints capitals.
type LQI string

// Quality returns the link quality that the text names, in any case, or as a
// number.
func (l LQI) Quality() (q sigfox.LinkQuality, ok bool) {
	for q = sigfox.LinkLimit; q <= sigfox.LinkNA; q++ {
		if strings.EqualFold(string(l), q.String()) || len(l) == 1 && l[0] == '0'+byte(q) {
			return q, true
		}
	}
	return 0, false
}

// Duplicate is the copy of a message that one base station received.
type Duplicate struct {
	// Station is the base station.
	Station sigfox.Opt[sigfox.StationID]
	// RSSI is the signal strength in dBm.
	RSSI sigfox.Opt[float64]
	// NbRep is how many frames of the message the station received, 1 to 3.
	NbRep sigfox.Opt[int]
	// SNR is the signal to noise ratio in dB. Recent callbacks do not have it.
	SNR sigfox.Opt[float64]
	// Extra holds the undocumented members.
	Extra Extra
}

// Location is a position that the network computed.
type Location struct {
	// Lat and Lng are in degrees. They are absent when there is no position.
	Lat, Lng sigfox.Opt[float64]
	// Radius is the precision in metres.
	Radius sigfox.Opt[float64]
	// Source says how the position was found.
	Source sigfox.Opt[LocationSource]
	// Status says whether it was found.
	Status sigfox.Opt[LocationStatus]
	// PlaceIDs are ids of places, given by the geolocation service.
	PlaceIDs []string
	// Extra holds the undocumented members.
	Extra Extra
}

// Position returns latitude and longitude in degrees. ok is false if there is no
// position, whatever the status says: its codes are not documented.
func (l Location) Position() (lat, lng float64, ok bool) {
	lat, okLat := l.Lat.Get()
	lng, okLng := l.Lng.Get()
	return lat, lng, okLat && okLng
}

// LocationSource says how a position was computed. Unknown codes are kept.
type LocationSource int

// The known sources of positions.
const (
	SourceRSSI            LocationSource = iota // signal strengths and station positions
	SourceGPS                                   // GPS coordinates in the payload
	SourceNetwork                               // the network (Atlas native)
	SourcePOI                                   // point of interest
	SourceHDNetwork                             // high definition network
	SourcePrivateDatabase                       // private database
	SourceWiFi                                  // WiFi access points in the payload
	SourceProximity                             // proximity
)

// LocationStatus says whether a position was computed. Unknown codes are kept:
// the documentation of the codes contradicts what is observed, so Location.Position
// does not rely on them.
type LocationStatus int

// The observed states of positions.
const (
	LocationNone           LocationStatus = 0  // no position
	LocationOK             LocationStatus = 1  // position found
	LocationFallback       LocationStatus = 2  // network position, since WiFi failed
	LocationInvalid        LocationStatus = 3  // invalid payload
	LocationInvalidPayload LocationStatus = 20 // invalid WiFi payload
)
