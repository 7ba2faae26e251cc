package signature

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// The prefixes of keys.
const (
	prefixSecret  = "whsec_"
	prefixPrivate = "whsk_"
	prefixPublic  = "whpk_"
)

// The sizes of shared secrets in bytes.
const (
	minSecret = 24
	maxSecret = 64
)

// Key is a key to sign or to verify with. The zero value is none.
type Key struct {
	prefix string
	// raw is the secret, the seed of the private key, or the public key.
	raw string
}

// ErrKey is the error of a text that is no key, and of a key that is not for this use.
var ErrKey = errors.New("signature: invalid key")

// ParseKey reads a key: its prefix whsec_, whsk_ or whpk_ and its bytes in base64. A
// private key may be the seed of 32 bytes or, as some tools write it, the seed and the
// public key. The error wraps ErrKey and does not hold the text.
func ParseKey(text string) (Key, error) {
	prefix := text[:strings.IndexByte(text, '_')+1]
	switch prefix {
	case prefixSecret, prefixPrivate, prefixPublic:
	default:
		return Key{}, fmt.Errorf("%w: no prefix %s, %s or %s", ErrKey, prefixSecret, prefixPrivate, prefixPublic)
	}
	raw, err := base64.StdEncoding.DecodeString(text[len(prefix):])
	if err != nil {
		return Key{}, fmt.Errorf("%w: not base64", ErrKey)
	}
	k := Key{prefix, string(raw)}
	switch n := len(raw); {
	case prefix == prefixSecret && n >= minSecret && n <= maxSecret,
		prefix == prefixPublic && n == ed25519.PublicKeySize,
		prefix == prefixPrivate && n == ed25519.SeedSize:
		return k, nil
	case prefix == prefixPrivate && n == ed25519.PrivateKeySize:
		k.raw = k.raw[:ed25519.SeedSize]
		if k.public() != string(raw[ed25519.SeedSize:]) {
			return Key{}, fmt.Errorf("%w: private and public key do not belong together", ErrKey)
		}
		return k, nil
	default:
		return Key{}, fmt.Errorf("%w: %s of %d bytes", ErrKey, prefix, n)
	}
}

// GenerateSecret returns a new random secret of 32 bytes for HMAC-SHA256.
func GenerateSecret() Key { return Key{prefixSecret, random()} }

// GeneratePrivate returns a new random private key for ed25519.
func GeneratePrivate() Key { return Key{prefixPrivate, random()} }

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return string(b[:])
}

// Public returns the key for receivers: the public key of a private one, and else the key
// itself.
func (k Key) Public() Key {
	if k.prefix != prefixPrivate {
		return k
	}
	return Key{prefixPublic, k.public()}
}

// public returns the bytes of the public key of a private one.
func (k Key) public() string {
	return string(ed25519.NewKeyFromSeed([]byte(k.raw))[ed25519.SeedSize:])
}

// Reveal returns the text that ParseKey reads, to be stored or handed over.
func (k Key) Reveal() string { return k.prefix + base64.StdEncoding.EncodeToString([]byte(k.raw)) }

// String returns the prefix and no more, so that keys do not end in logs. See Reveal.
func (k Key) String() string {
	if k.prefix == "" {
		return "no key"
	}
	return k.prefix + "…"
}

// Format implements fmt.Formatter like String, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.String()) }

// LogValue implements slog.LogValuer like String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements encoding.TextMarshaler like String: a configuration that is
// printed does not hold keys.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler by the rules of ParseKey.
func (k *Key) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKey(string(text))
	return err
}
