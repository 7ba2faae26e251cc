package callbacktest

import (
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// Device is the device that all messages of this package are from. It prints as
// "2C30EA".
const Device sigfox.DeviceID = 0x2c30ea

const (
	deviceType = "5c187c222564327e80000000"
	group      = "5c187c222564327e80000001"
	seqNumber  = 424
)

// sent is when the network received the messages.
func sent() time.Time { return time.Date(2019, time.January, 8, 6, 34, 14, 0, time.UTC) }

func payload() sigfox.Payload {
	p, _ := sigfox.ParsePayload("d609912345603f0f8004223c") // 12 bytes of hex
	return p
}

// Uplink returns a DATA/UPLINK message with all that the cloud fills without
// further contract options.
func Uplink() callback.Uplink {
	return callback.Uplink{
		Device: Device, Time: sent(), DeviceTypeID: deviceType, Data: payload(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(seqNumber)),
	}
}

// Bidir returns a DATA/BIDIR message whose device asks for a downlink. Set
// DeviceText to have the id sent in that form.
func Bidir() callback.Bidir {
	return callback.Bidir{
		Device: Device, Time: sent(), DeviceTypeID: deviceType, Data: payload(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(seqNumber)), Ack: sigfox.Some(true), LongPolling: sigfox.Some(false),
	}
}

// Status returns a SERVICE/STATUS message: 3.61 V and 21.5 degrees Celsius.
func Status() callback.Status {
	return callback.Status{
		Device: Device, Time: sent(), SeqNumber: sigfox.Some(sigfox.SeqNumber(seqNumber)),
		Batt: sigfox.Some(3.61), Temp: sigfox.Some(21.5),
	}
}

// Acknowledge returns the SERVICE/ACKNOWLEDGE of a downlink that was sent, 35 s
// after the message of Bidir.
func Acknowledge() callback.Acknowledge {
	return callback.Acknowledge{
		Device: Device, Time: sent().Add(35 * time.Second),
		InfoCode: sigfox.Some(downlink.Acked), InfoMessage: "Acked",
		DownlinkAck: sigfox.Some(true), DownlinkOverusage: sigfox.Some(false),
	}
}

// Repeater returns a SERVICE/REPEATER message.
func Repeater() callback.Repeater {
	return callback.Repeater{
		Device: Device, Time: sent(), Batt: sigfox.Some(3.5),
		WhitelistDevices: sigfox.Some(0), RepeatedMsg: sigfox.Some(12), UnwantedDevices: sigfox.Some(3),
		UnwantedMsg: sigfox.Some(callback.Bucket(2)), WrongMsg: sigfox.Some(callback.Bucket(0)),
		OverRegulMsg: sigfox.Some(callback.Bucket(0)),
	}
}

// DataAdvanced returns the SERVICE/DATA_ADVANCED callback for the message of
// Uplink, with two base stations and a computed position.
func DataAdvanced() callback.DataAdvanced {
	return callback.DataAdvanced{
		Device: Device, Time: sent(), DeviceTypeID: deviceType, Data: payload(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(seqNumber)),
		LQI:       "Good", LinkQuality: sigfox.Some(sigfox.LinkGood),
		FixedLat: sigfox.Some(0.0), FixedLng: sigfox.Some(0.0),
		OperatorName: "SIGFOX_Singapore_Unabiz", CountryCode: sigfox.Some(702),
		Duplicates: []callback.Duplicate{
			{Station: sigfox.Some(sigfox.StationID(0x27b9)), RSSI: sigfox.Some(-120.5), NbRep: sigfox.Some(3)},
			{Station: sigfox.Some(sigfox.StationID(0x1d44)), RSSI: sigfox.Some(-138.0), NbRep: sigfox.Some(1)},
		},
		ComputedLocation: sigfox.Some(callback.Location{
			Lat: sigfox.Some(1.2763981), Lng: sigfox.Some(103.7973329), Radius: sigfox.Some(2447.0),
			Source: sigfox.Some(callback.SourceNetwork), Status: sigfox.Some(callback.LocationOK),
		}),
	}
}

// Geoloc returns a message of the old SERVICE/GEOLOC.
func Geoloc() callback.Geoloc {
	return callback.Geoloc{
		Device: Device, Time: sent(), SeqNumber: sigfox.Some(sigfox.SeqNumber(seqNumber)),
		Lat: sigfox.Some(1.2763981), Lng: sigfox.Some(103.7973329), Radius: sigfox.Some(2447.0),
		Source: sigfox.Some(callback.SourceNetwork),
	}
}

// ErrorReport returns the ERROR callback for a device that has been silent for two
// hours.
func ErrorReport() callback.ErrorReport {
	return callback.ErrorReport{
		Device: Device, Time: sent().Add(2 * time.Hour),
		Info: "No message received since " + sent().Format(time.DateTime), Severity: callback.SeverityError,
	}
}

// Event returns an EVENT callback: a gap of seven in the sequence numbers.
func Event() event.Event {
	e := event.NewSequenceBreak(event.InvalidSeqNumber, Device, sent(), event.SequenceBreak{
		Expected: sigfox.Some(sigfox.SeqNumber(seqNumber)), Received: sigfox.Some(sigfox.SeqNumber(seqNumber + 7)),
	})
	e.DeviceTypeID, e.GroupID = deviceType, group
	return e
}
