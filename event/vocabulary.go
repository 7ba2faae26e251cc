package event

import "strings"

// Severity is the weight of an event. Unknown words are kept.
type Severity string

// The documented severities.
const (
	SeverityInfo  Severity = "INFO"
	SeverityWarn  Severity = "WARN"
	SeverityError Severity = "ERROR"
)

// SubscriptionState is the state of the subscription of a device. Unknown words
// are kept.
type SubscriptionState string

// The documented states of subscriptions.
const (
	SubscriptionPreActivated  SubscriptionState = "PRE_ACTIVATED"
	SubscriptionTestActivated SubscriptionState = "TEST_ACTIVATED"
	SubscriptionActivated     SubscriptionState = "ACTIVATED"
	SubscriptionSuspended     SubscriptionState = "SUSPENDED"
	SubscriptionInactive      SubscriptionState = "INACTIVE"
)

// TokenState is the state of the token of a device: its right to send under a
// contract. Unknown words are kept.
type TokenState string

// The documented states of tokens.
const (
	TokenOK          TokenState = "OK"
	TokenNotConsumed TokenState = "TOKEN_NOT_CONSUMED"
	TokenInvalid     TokenState = "INVALID_TOKEN"
	TokenOffContract TokenState = "OFF_CONTRACT"
)

// SourceDevice is the only documented {sourceType}.
const SourceDevice = "DEVICE"

// The documented words are accepted in any case, others are kept as they are.
var (
	canonicalSource       = canonicalWord(SourceDevice)
	canonicalSeverity     = canonicalWord(SeverityInfo, SeverityWarn, SeverityError)
	canonicalTokenState   = canonicalWord(TokenOK, TokenNotConsumed, TokenInvalid, TokenOffContract)
	canonicalSubscription = canonicalWord(SubscriptionPreActivated, SubscriptionTestActivated,
		SubscriptionActivated, SubscriptionSuspended, SubscriptionInactive)
)

func canonicalWord[T ~string](words ...T) func(text string) string {
	return func(text string) string {
		for _, w := range words {
			if strings.EqualFold(text, string(w)) {
				return string(w)
			}
		}
		return text
	}
}
