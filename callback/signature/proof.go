package signature

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// MaxSignatures is how many signatures of known versions a request may have, and how many
// keys a Signer or a Verifier.
const MaxSignatures = 8

// maxHeader is the longest webhook-signature that is read, in bytes: room for those of
// versions to come beside those of today.
const maxHeader = 8 << 10

// proof is what the headers of a request hold.
type proof struct {
	id      string
	seconds int64

	hmac            [MaxSignatures][sha256.Size]byte
	ed25519         [MaxSignatures][ed25519.SignatureSize]byte
	hmacs, ed25519s int // how many there are
}

// read reads the headers, each of which must be there just once.
func (p *proof) read(h http.Header) error {
	id, timestamp, list := h[headerID], h[headerTimestamp], h[headerSignature]
	if len(id) != 1 || len(timestamp) != 1 || len(list) != 1 {
		return errHeaders
	}
	if checkID(id[0]) != nil {
		return errID
	}
	p.id = id[0]
	var ok bool
	if p.seconds, ok = parseTimestamp(timestamp[0]); !ok {
		return errTimestamp
	}
	return p.readSignatures(list[0])
}

// readSignatures reads the list of signatures. Those of unknown versions, and those that
// cannot be right, are passed over.
func (p *proof) readSignatures(list string) error {
	if len(list) > maxHeader {
		return errList
	}
	for one := range strings.SplitSeq(list, " ") {
		text, isHMAC := strings.CutPrefix(one, versionHMAC)
		if !isHMAC {
			var isEd25519 bool
			if text, isEd25519 = strings.CutPrefix(one, versionEd25519); !isEd25519 {
				continue
			}
		}
		if p.hmacs+p.ed25519s == MaxSignatures {
			return errList
		}
		switch {
		case isHMAC && decode(p.hmac[p.hmacs][:], text):
			p.hmacs++
		case !isHMAC && decode(p.ed25519[p.ed25519s][:], text):
			p.ed25519s++
		}
	}
	return nil
}

// strict accepts one text for each signature.
var strict = base64.StdEncoding.Strict() //nolint:gochecknoglobals // never changes

// decode reads base64 of the size of dst.
func decode(dst []byte, text string) bool {
	var buf [(ed25519.SignatureSize + 2) / 3 * 3]byte
	var src [(ed25519.SignatureSize + 2) / 3 * 4]byte
	if len(text) != base64.StdEncoding.EncodedLen(len(dst)) {
		return false
	}
	n, err := strict.Decode(buf[:], src[:copy(src[:], text)])
	if err != nil || n != len(dst) {
		return false
	}
	copy(dst, buf[:n])
	return true
}
