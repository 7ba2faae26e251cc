package signature

import (
	"errors"
	"fmt"
	"strconv"
)

// The headers of Standard Webhooks in the canonical form of net/http.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// The versions of signatures, with what divides them from the base64.
const (
	versionHMAC    = "v1,"
	versionEd25519 = "v1a,"
)

// ErrID is the error of an id that cannot be signed: empty, longer than 256 bytes, or with
// other characters than visible ASCII without the dot, which divides the parts of what is
// signed.
var ErrID = errors.New("signature: invalid id")

const maxID = 256

func checkID(id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("%w: %d bytes", ErrID, len(id))
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '.' {
			return fmt.Errorf("%w: character %q at offset %d", ErrID, c, i)
		}
	}
	return nil
}

// maxTimestampDigits keeps seconds far from what overflows.
const maxTimestampDigits = 12

// parseTimestamp reads Unix seconds as they are written: digits, without leading zeros.
func parseTimestamp(text string) (seconds int64, ok bool) {
	if len(text) > maxTimestampDigits || text == "" || text[0] == '0' && text != "0" {
		return 0, false
	}
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		seconds = seconds*10 + int64(c-'0')
	}
	return seconds, true
}

// appendHead appends what is signed in front of the body.
func appendHead(dst []byte, id string, seconds int64) []byte {
	dst = append(dst, id...)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, seconds, 10)
	return append(dst, '.')
}
