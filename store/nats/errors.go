package nats

import (
	"errors"
	"fmt"
	"strings"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/go-sigfox/sigfox/store"
)

// VersionError reports that the server is too old.
type VersionError struct {
	Server  string // the version it has
	Minimum string // the one it needs
}

// Error implements error.
func (e *VersionError) Error() string {
	return fmt.Sprintf("store/nats: the server is version %q, at least %s is needed", e.Server, e.Minimum)
}

// SettingError reports that a stream that is there already cannot be used as it is.
type SettingError struct {
	Stream, Setting string
	Have, Want      any
}

// Error implements error.
func (e *SettingError) Error() string {
	return fmt.Sprintf("store/nats: stream %s has %s %v, not %v", e.Stream, e.Setting, e.Have, e.Want)
}

// errMoved means that a key is not at the sequence that was expected, or is being
// written by somebody else.
var errMoved = errors.New("store/nats: wrong last sequence")

// Codes of the JetStream API that nats.go does not name.
const (
	codeAccountResources   jetstream.ErrorCode = 10002
	codeUnavailable        jetstream.ErrorCode = 10008
	codeNotLeader          jetstream.ErrorCode = 10009
	codeResources          jetstream.ErrorCode = 10023
	codeMemoryResources    jetstream.ErrorCode = 10028
	codeStorageResources   jetstream.ErrorCode = 10047
	codeStoreFailed        jetstream.ErrorCode = 10077
	codeOffline            jetstream.ErrorCode = 10118
	codeWrongLastConstant  jetstream.ErrorCode = 10164
	codeBatchIncomplete    jetstream.ErrorCode = 10176
	codeBatchTooManyFlying jetstream.ErrorCode = 10210
)

func code(err error) jetstream.ErrorCode {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode
	}
	return 0
}

// refused reports whether the servers have certainly not done what was asked for, and
// may do it soon.
func refused(err error) bool {
	switch code(err) {
	case codeUnavailable, codeNotLeader, codeOffline, codeBatchTooManyFlying:
		return true
	default:
		return errors.Is(err, client.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
	}
}

// moved reports whether a message was refused for the sequence it expected.
func moved(err error) bool {
	c := code(err)
	return c == jetstream.JSErrCodeStreamWrongLastSequence || c == codeWrongLastConstant
}

// failure says what an error of the servers means to the callers of a store.
func failure(what string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{store.ErrNotFound, store.ErrExists, store.ErrConflict, store.ErrLost, store.ErrCorrupt} {
		if errors.Is(err, known) {
			return fmt.Errorf("store/nats: %s: %w", what, err)
		}
	}
	meaning := store.ErrUnavailable
	switch c := code(err); c {
	case codeAccountResources, codeResources, codeMemoryResources, codeStorageResources:
		meaning = store.ErrFull
	case codeStoreFailed:
		if strings.Contains(err.Error(), "maximum") || strings.Contains(err.Error(), "no space") {
			meaning = store.ErrFull
		}
	case 0, codeUnavailable, codeNotLeader, codeOffline, codeBatchIncomplete, codeBatchTooManyFlying,
		jetstream.JSErrCodeStreamNotFound, jetstream.JSErrCodeJetStreamNotEnabled:
		if errors.Is(err, client.ErrMaxPayload) || errors.Is(err, jetstream.ErrInvalidOption) {
			return fmt.Errorf("store/nats: %s: %w", what, err)
		}
	default: // a request the server does not like, which will not do better later
		return fmt.Errorf("store/nats: %s: %w", what, err)
	}
	return fmt.Errorf("store/nats: %s: %w: %w", what, meaning, err)
}
