package downlink

import "github.com/go-sigfox/sigfox"

// Reply is what a service answers to one BIDIR message. The zero value is "no
// data for this device", which is status 204. Replies can be compared with ==.
type Reply struct {
	data    Data
	present bool
}

// Send returns the reply that sends d to the device.
func Send(d Data) Reply { return Reply{data: d, present: true} }

// Data returns the data to send, and false if there is none.
func (r Reply) Data() (Data, bool) { return r.data, r.present }

// Entry is the reply to one device in the answer to a BIDIR callback.
type Entry struct {
	// Device is the id as the callback gave it. The answer repeats it, because it
	// is not documented whether the cloud compares it as a text or as a number.
	Device sigfox.DeviceText
	Reply  Reply
}

// AppendJSON appends the body that answers a BIDIR callback, with one entry for a
// single message and one for each device of a batch:
//
//	{"2C30EA":{"downlinkData":"0011223344556677"},"1B29CC4":{"noData":true}}
//
// It appends nothing if no entry has data: such an answer is status 204 without
// a body. An entry whose Device is zero is left out. No device may appear in two entries,
// since a reader of JSON keeps one of them only. AppendJSON allocates nothing if dst has
// room. Source: https://support.sigfox.com/docs/bidir
func AppendJSON(dst []byte, entries ...Entry) []byte {
	if !anyData(entries) {
		return dst
	}
	separator := byte('{')
	for _, e := range entries {
		if e.Device.IsZero() {
			continue
		}
		dst = append(dst, separator, '"')
		dst, _ = e.Device.AppendText(dst)
		dst = append(dst, `":`...)
		if e.Reply.present {
			dst = append(dst, `{"downlinkData":"`...)
			dst, _ = e.Reply.data.AppendText(dst)
			dst = append(dst, `"}`...)
		} else {
			dst = append(dst, `{"noData":true}`...)
		}
		separator = ','
	}
	return append(dst, '}')
}

func anyData(entries []Entry) bool {
	for i := range entries {
		if entries[i].Reply.present && !entries[i].Device.IsZero() {
			return true
		}
	}
	return false
}
