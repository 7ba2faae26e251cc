package callback

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Reception is what one base station adds to a message. Its fields are filled by
// the contract option NETWORK METADATA, or not at all since 1 June 2019, when
// they moved to DataAdvanced.
type Reception struct {
	// RSSI is the signal strength in dBm, with at most two decimals.
	RSSI sigfox.Opt[float64]
	// SNR is the signal to noise ratio in dB; templates also call it signal.
	SNR sigfox.Opt[float64]
	// Station is the base station that was fastest, not the one that heard best.
	Station sigfox.Opt[sigfox.StationID]
	// Duplicate is true in the callback for a further base station of a message
	// already delivered. Withdrawn.
	Duplicate sigfox.Opt[bool]
	// AvgSNR is the SNR in dB over the last 25 messages; absent until the device has
	// sent 15. Withdrawn.
	AvgSNR sigfox.Opt[float64]
}

func (r *Reception) bind(f *fields) {
	f.slot[varRSSI] = &r.RSSI
	f.slot[varSNR] = &r.SNR
	f.slot[varStation] = &r.Station
	f.slot[varDuplicate] = &r.Duplicate
	f.slot[varAvgSNR] = &r.AvgSNR
}

// Uplink is the callback DATA/UPLINK: a message of a device, sent on reception of
// its first frame.
// Source: https://support.sigfox.com/docs/uplink
type Uplink struct {
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

	Reception
	// Lat and Lng are the position of the base station in whole degrees. Withdrawn.
	Lat, Lng sigfox.Opt[float64]

	// CustomData holds the values of the custom payload configuration.
	CustomData CustomData
	// Extra holds the members that DATA/UPLINK does not document.
	Extra Extra
}

// Service returns DataUplink.
func (Uplink) Service() Service { return DataUplink }

// Key identifies the message; ok is false if its time was not sent.
func (m Uplink) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, m.SeqNumber)
}

func (m *Uplink) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varDeviceTypeID] = &m.DeviceTypeID
	f.slot[varDeviceTypeName] = &m.DeviceTypeName
	f.slot[varData] = &m.Data
	f.slot[varSeqNumber] = &m.SeqNumber
	m.Reception.bind(f)
	f.slot[varLat] = &m.Lat
	f.slot[varLng] = &m.Lng
	f.custom, f.extra = &m.CustomData, &m.Extra
}

// Bidir is the callback DATA/BIDIR: a message like Uplink whose answer may carry
// a downlink. The cloud sends it for every message of the device type; Ack tells
// whether the device listens.
// Source: https://support.sigfox.com/docs/bidir
type Bidir struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// DeviceText is the id as received, which is the key of the answer.
	DeviceText sigfox.DeviceText
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
	// Ack is true when the device asked for a downlink. Absent means no.
	Ack sigfox.Opt[bool]
	// LongPolling is true when the device supports long polling for downlinks.
	LongPolling sigfox.Opt[bool]

	Reception
	// Lat and Lng are the position of the base station in whole degrees. Withdrawn.
	Lat, Lng sigfox.Opt[float64]

	// CustomData holds the values of the custom payload configuration.
	CustomData CustomData
	// Extra holds the members that DATA/BIDIR does not document.
	Extra Extra
}

// Service returns DataBidir.
func (Bidir) Service() Service { return DataBidir }

// Key identifies the message; ok is false if its time was not sent.
func (m Bidir) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, m.SeqNumber)
}

// WantsDownlink reports whether the device asked for a downlink; false if the callback
// lacks {ack} and does not tell.
func (m Bidir) WantsDownlink() bool { return m.Ack.Or(false) }

func (m *Bidir) bind(f *fields) {
	f.slot[varDevice] = m // sets Device and DeviceText
	f.slot[varTime] = &m.Time
	f.slot[varDeviceTypeID] = &m.DeviceTypeID
	f.slot[varDeviceTypeName] = &m.DeviceTypeName
	f.slot[varData] = &m.Data
	f.slot[varSeqNumber] = &m.SeqNumber
	f.slot[varAck] = &m.Ack
	f.slot[varLongPolling] = &m.LongPolling
	m.Reception.bind(f)
	f.slot[varLat] = &m.Lat
	f.slot[varLng] = &m.Lng
	f.custom, f.extra = &m.CustomData, &m.Extra
}
