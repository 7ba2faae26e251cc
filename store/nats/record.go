package nats

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox/store"
)

// Headers of items. An item without any waits, and has never been claimed.
const (
	stateHeader  = "Sigfox-State"
	holderHeader = "Sigfox-Holder"
	leaseHeader  = "Sigfox-Lease"
	dueHeader    = "Sigfox-Due"
	claimsHeader = "Sigfox-Claims"
	originHeader = "Sigfox-Origin"
)

// The keys of items begin with one of these, so that one ID can be both.
const (
	livePart = "item."
	deadPart = "dead."
)

func itemKey(id string) string { return livePart + escape(id) }

func deadKey(id string) string { return deadPart + escape(id) }

// The states of items.
const (
	waiting = ""
	held    = "held"
	done    = "done"
)

// record is what the last message of an item says beside its data.
type record struct {
	state  string
	holder string        // the receipt, of a held one
	lease  time.Duration // from when this message is heard of, so that no clocks are compared
	due    time.Time     // zero: at once
	claims int
	// origin is the sequence of the message that put the item. It tells the item from one
	// with the same ID that is put when this one is done.
	origin uint64
}

// release ends that the item is held.
func (r *record) release() { r.state, r.holder, r.lease = waiting, "", 0 }

func (r *record) write(h client.Header) {
	if r.state != waiting {
		h[stateHeader] = []string{r.state}
	}
	if r.holder != "" {
		h[holderHeader] = []string{r.holder}
	}
	if r.lease != 0 {
		h[leaseHeader] = []string{r.lease.String()}
	}
	if !r.due.IsZero() {
		h[dueHeader] = []string{r.due.UTC().Format(time.RFC3339Nano)}
	}
	if r.claims != 0 {
		h[claimsHeader] = []string{strconv.Itoa(r.claims)}
	}
	if r.origin != 0 {
		h[originHeader] = []string{strconv.FormatUint(r.origin, 10)}
	}
}

// readRecord reads the headers of a message. The error is store.ErrCorrupt if it is none
// of this package.
func readRecord(sequence uint64, h client.Header) (r record, err error) {
	r = record{state: h.Get(stateHeader), holder: h.Get(holderHeader), origin: sequence}
	fail := func(header string) (record, error) {
		return record{}, fmt.Errorf("%w: message %d: %s: %.100q", store.ErrCorrupt, sequence, header, h.Get(header))
	}
	if r.state != waiting && r.state != held && r.state != done {
		return fail(stateHeader)
	}
	if v := h.Get(leaseHeader); v != "" {
		if r.lease, err = time.ParseDuration(v); err != nil {
			return fail(leaseHeader)
		}
	}
	if v := h.Get(dueHeader); v != "" {
		if r.due, err = time.Parse(time.RFC3339Nano, v); err != nil {
			return fail(dueHeader)
		}
	}
	if v := h.Get(claimsHeader); v != "" {
		if r.claims, err = strconv.Atoi(v); err != nil {
			return fail(claimsHeader)
		}
	}
	if v := h.Get(originHeader); v != "" {
		if r.origin, err = strconv.ParseUint(v, 10, 64); err != nil {
			return fail(originHeader)
		}
	}
	return r, nil
}

// receipt returns what proves who holds an item: its origin, and a name used once.
func receipt(origin uint64, once string) string {
	return strconv.FormatUint(origin, 10) + "." + once
}

// receiptOrigin returns the origin in a receipt, 0 if it is none.
func receiptOrigin(text string) uint64 {
	number, _, _ := strings.Cut(text, ".")
	origin, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return origin
}

const hex = "0123456789ABCDEF"

// escape makes an item's ID a token of a subject: other characters than letters, digits,
// "-" and "_" become "=" and two hexadecimal digits.
func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('=')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// unescape returns the ID, or "" if the token is none.
func unescape(token string) string {
	if !strings.Contains(token, "=") {
		return token
	}
	var b strings.Builder
	for len(token) > 0 {
		if token[0] != '=' {
			b.WriteByte(token[0])
			token = token[1:]
			continue
		}
		if len(token) < 3 {
			return ""
		}
		c, err := strconv.ParseUint(token[1:3], 16, 8)
		if err != nil {
			return ""
		}
		b.WriteByte(byte(c))
		token = token[3:]
	}
	return b.String()
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
