package event

// Type is the {eventType} of an event. Types that this package does not know are
// kept as they are.
type Type string

// The documented types.
// Source: https://support.sigfox.com/docs/event-type
const (
	// InvalidSeqNumber is a minor gap in the sequence numbers of a device.
	InvalidSeqNumber Type = "INVALID_SEQ_NUMBER"
	// OutOfSequence is a gap so large that the cloud discards the messages of the
	// device until its sequence number is disengaged.
	OutOfSequence Type = "OUT_OF_SEQUENCE"
	// OffContract reports that the token of a device ended, or that it got none.
	OffContract Type = "OFF_CONTRACT"
	// OnContract reports that a device joined a device type of the contract.
	OnContract Type = "ON_CONTRACT"
	// TokenRenewal reports that a subscription was prolonged on the same contract.
	TokenRenewal Type = "TOKEN_RENEWAL"
	// ContractSwitch reports that a renewal moved the device to another contract.
	ContractSwitch Type = "CONTRACT_SWITCH"
	// Suspend reports that a user put a subscription on hold.
	Suspend Type = "SUSPEND"
	// Overusage reports that a device sent more messages in one UTC day than its
	// contract allows.
	Overusage Type = "OVERUSAGE"
	// ChangedDeviceType reports that a device moved to another device type.
	ChangedDeviceType Type = "CHANGED_DEVICE_TYPE"
	// IntraTransfer reports that a device moved between contracts of one order.
	IntraTransfer Type = "INTRA_TRANSFER"
	// ExtraTransfer reports that a device moved between contracts of different orders.
	ExtraTransfer Type = "EXTRA_TRANSFER"
	// TokenReplacedTo reports that a device took the place of another one.
	TokenReplacedTo Type = "TOKEN_REPLACED_TO"
	// InvalidPrivateKey reports that a message was not signed with the key of its
	// device: the device is broken, or another one pretends to be it.
	InvalidPrivateKey Type = "INVALID_PRIVATE_KEY"
)

// The types whose codes are not documented. They follow the names of the events
// in the Sigfox Cloud and the codes of their counterparts above, and may be wrong.
const (
	// TokenReplacedFrom reports that another device took the place of this one.
	TokenReplacedFrom Type = "TOKEN_REPLACED_FROM"
	// Resume reports that a user ended the suspension of a subscription.
	Resume Type = "RESUME"
	// Unsubscribe reports that a user ended a subscription.
	Unsubscribe Type = "UNSUBSCRIBE"
	// FirstTestMessage reports that a device sent its first test message.
	FirstTestMessage Type = "RECEIVE_FIRST_TEST_MESSAGE"
)

// Kind describes a known event.
type Kind struct {
	// Type is the code of the event.
	Type Type
	// Name is the name of the event in the Sigfox Cloud.
	Name string
	// Severity is the documented severity, "" if it is not documented.
	Severity Severity
	// Source is the page that documents the event, "" if its code is not documented.
	Source string
}

// Kinds returns all known events.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		all[i] = kinds[i].Kind
	}
	return all
}

const docs = "https://support.sigfox.com/docs/"

type kind struct {
	Kind
	newDetail func() Detail
}

var kinds = [...]kind{
	{Kind{InvalidSeqNumber, "Break in message sequence", SeverityWarn, docs + "break-in-message-sequence"}, detail[SequenceBreak]},
	{Kind{OutOfSequence, "Out of message sequence", SeverityWarn, docs + "out-of-message-sequence"}, detail[SequenceBreak]},
	{Kind{OffContract, "Off contract", SeverityError, docs + "off-contract"}, detail[ContractLoss]},
	{Kind{OnContract, "On contract", SeverityInfo, docs + "on-contract"}, detail[Subscription]},
	{Kind{TokenRenewal, "Renewal", SeverityInfo, docs + "renewal"}, detail[Subscription]},
	{Kind{ContractSwitch, "Contract switch", SeverityInfo, docs + "contract-switch"}, detail[ContractChange]},
	{Kind{Suspend, "Suspend", SeverityInfo, docs + "suspend"}, detail[SubscriptionChange]},
	{Kind{Overusage, "Overusage", SeverityInfo, docs + "overusage"}, detail[Subscription]},
	{Kind{ChangedDeviceType, "Change device type", SeverityInfo, docs + "change-device-type"}, detail[DeviceTypeChange]},
	{Kind{IntraTransfer, "Intra transfer", SeverityInfo, docs + "intra-transfer"}, detail[Transfer]},
	{Kind{ExtraTransfer, "Extra transfer", SeverityInfo, docs + "extra-transfer"}, detail[Transfer]},
	{Kind{TokenReplacedTo, "Replaced to", SeverityInfo, docs + "replaced-to"}, detail[Replacement]},
	{Kind{InvalidPrivateKey, "Invalid private key", SeverityError, docs + "invalid-private-key"}, detail[Subscription]},
	{Kind{TokenReplacedFrom, "Replaced from", "", ""}, detail[Replacement]},
	{Kind{Resume, "Resume", "", ""}, detail[SubscriptionChange]},
	{Kind{Unsubscribe, "Unsubscribe", "", ""}, detail[SubscriptionChange]},
	{Kind{FirstTestMessage, "Receive first test message", "", ""}, detail[Subscription]},
}

// kindOf returns what is known of a type; newDetail is nil if nothing is.
func kindOf(t Type) kind {
	for i := range kinds {
		if kinds[i].Type == t {
			return kinds[i]
		}
	}
	return kind{}
}

// canonicalType returns the known type that a text names, in any case: by its code,
// or by the name of the event, which one edition of the documentation gives as the
// type of OutOfSequence. Other texts are returned as they are.
func canonicalType(text string) string {
	f := fold(text)
	for i := range kinds {
		if f == fold(string(kinds[i].Type)) || f == fold(kinds[i].Name) {
			return string(kinds[i].Type)
		}
	}
	return text
}
