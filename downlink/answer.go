package downlink

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-sigfox/sigfox"
)

// Answer is what a service answered to a BIDIR callback, read by the sender.
type Answer struct {
	// Entries holds what was said for each device, in the order of the body.
	Entries []AnswerEntry
	// Ignored holds the keys that name no device, which the cloud passes over.
	Ignored []string
}

// AnswerEntry is the part of an Answer that is for one device.
type AnswerEntry struct {
	Device sigfox.DeviceID
	// Reply has no data if the service said noData, said nothing, or if Err is set.
	Reply Reply
	// Err is a *ParseError with ErrInvalidData if the data cannot be sent. The
	// cloud reports InvalidPayload for it.
	Err error
}

// Reply returns what the service said for the device: the reply without data if
// it did not name it, which the cloud reports as NoAnswer, and the Err of its
// entry. Of two entries for one device the last one counts.
func (a Answer) Reply(id sigfox.DeviceID) (Reply, error) {
	for i := len(a.Entries) - 1; i >= 0; i-- {
		if e := &a.Entries[i]; e.Device == id {
			return e.Reply, e.Err
		}
	}
	return Reply{}, nil
}

// ParseAnswer reads the body that AppendJSON writes, and what else real services
// answer: device ids and data in any case, ids with any padding, several devices,
// keys that name no device and members that are not known. An empty body is an
// answer without data, and so is a device with noData, even if data stands beside
// it. If a member appears twice, the last one counts. A byte order mark before the body
// is ignored.
//
// The error is a *ParseError with ErrInvalidAnswer if the body is not one JSON
// object, or if it names no device but has downlinkData or noData at its top
// level, a common mistake. Bad data of one device does not spoil the others: see
// AnswerEntry.Err. The size of the body is the caller's to limit.
func ParseAnswer(body []byte) (Answer, error) {
	var a Answer
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // scripts that were saved with one send it
	if len(bytes.TrimSpace(body)) == 0 {
		return a, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	// Only offsets of what was read count: where an error is found depends on the
	// version of encoding/json.
	var at, flatAt int64
	fail := func(offset int64, msg string) (Answer, error) {
		return Answer{}, parseError(ErrInvalidAnswer, body, int(offset), msg)
	}
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return fail(0, "not a JSON object")
	}
	for dec.More() {
		at = dec.InputOffset()
		key, value, err := readMember(dec)
		if err != nil {
			return fail(at, "broken JSON")
		}
		if key == keyData || key == keyNoData {
			flatAt = at
		}
		a.add(key, value)
	}
	at = dec.InputOffset()
	if _, err := dec.Token(); err != nil {
		return fail(at, "broken JSON")
	}
	at = dec.InputOffset()
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail(at, "text after the JSON object")
	}
	if flatAt > 0 && len(a.Entries) == 0 {
		return fail(flatAt, "the reply is not inside an object named by the device id")
	}
	return a, nil
}

const (
	keyData   = "downlinkData"
	keyNoData = "noData"
)

func readMember(dec *json.Decoder) (key string, value json.RawMessage, err error) {
	token, err := dec.Token()
	if err != nil {
		return "", nil, err
	}
	key, _ = token.(string)
	return key, value, dec.Decode(&value)
}

func (a *Answer) add(key string, value json.RawMessage) {
	id, err := sigfox.ParseDeviceID(key)
	if err != nil {
		a.Ignored = append(a.Ignored, key)
		return
	}
	reply, err := parseReply(value)
	a.Entries = append(a.Entries, AnswerEntry{Device: id, Reply: reply, Err: err})
}

// parseReply reads {"downlinkData":"0011223344556677"} or {"noData":true}.
func parseReply(value json.RawMessage) (Reply, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil {
		return Reply{}, parseError(ErrInvalidData, value, 0, "not a JSON object")
	}
	data := members[keyData]
	if noData := string(members[keyNoData]); data == nil || noData == "true" || noData == `"true"` {
		return Reply{}, nil
	}
	var text *string
	if json.Unmarshal(data, &text) != nil {
		return Reply{}, parseError(ErrInvalidData, data, 0, "not a JSON string")
	}
	if text == nil {
		return Reply{}, nil
	}
	d, err := ParseData(*text)
	if err != nil {
		return Reply{}, err
	}
	return Send(d), nil
}
