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

func canonicalSource(text string) string { return canonicalWord(text, SourceDevice) }

func canonicalSeverity(text string) string {
	return canonicalWord(text, SeverityInfo, SeverityWarn, SeverityError)
}

func canonicalSubscription(text string) string {
	return canonicalWord(text, SubscriptionPreActivated, SubscriptionTestActivated,
		SubscriptionActivated, SubscriptionSuspended, SubscriptionInactive)
}

func canonicalToken(text string) string {
	return canonicalWord(text, TokenOK, TokenNotConsumed, TokenInvalid, TokenOffContract)
}

// canonicalWord returns the documented word that text is in any case, or else the
// text.
func canonicalWord[T ~string](text string, words ...T) string {
	for _, w := range words {
		if strings.EqualFold(text, string(w)) {
			return string(w)
		}
	}
	return text
}
