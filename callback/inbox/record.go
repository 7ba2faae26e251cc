package inbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/store"
)

// comparableByJSON has the messages write themselves; their pointers read.
type comparableByJSON interface {
	AppendJSON(dst []byte) []byte
}

// version is that of record.
const version = 1

// record is what is stored of a message.
type record[M Message] struct {
	Version int `json:"v"`
	// Received is when the message came, in Unix milliseconds.
	Received int64 `json:"received"`
	// Attempts counts the failures, and Error is the last of them.
	Attempts int    `json:"attempts,omitempty"`
	Error    string `json:"error,omitempty"`
	Message  M      `json:"message"`
}

// encode writes what read reads. It does without package json, which would look at all of
// the message once more.
func (r *record[M]) encode() ([]byte, error) {
	b := make([]byte, 0, 512)
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, int64(r.Version), 10)
	b = append(b, `,"received":`...)
	b = strconv.AppendInt(b, r.Received, 10)
	if r.Attempts > 0 {
		text, err := json.Marshal(r.Error)
		if err != nil {
			return nil, err
		}
		b = append(b, `,"attempts":`...)
		b = strconv.AppendInt(b, int64(r.Attempts), 10)
		b = append(b, `,"error":`...)
		b = append(b, text...)
	}
	b = append(b, `,"message":`...)
	return append(r.Message.AppendJSON(b), '}'), nil
}

// maxError is how much is kept of the text of an error, in bytes.
const maxError = 1 << 10

// read reads what is stored. The error wraps store.ErrCorrupt, also for what a newer
// version has written.
func read[M Message](data []byte) (r record[M], err error) {
	var head struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return r, fmt.Errorf("%w: inbox: %w", store.ErrCorrupt, err)
	}
	if head.Version != version {
		return r, fmt.Errorf("%w: inbox: version %d, not %d", store.ErrCorrupt, head.Version, version)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%w: inbox: %w", store.ErrCorrupt, err)
	}
	return r, nil
}

// kindOf names the kind of a message for the queue: "data-uplink", "event".
func kindOf[M Message](m M) string {
	if s, ok := any(m).(interface{ Service() callback.Service }); ok {
		return strings.NewReplacer("/", "-", "_", "-").Replace(strings.ToLower(s.Service().String()))
	}
	return "event"
}
