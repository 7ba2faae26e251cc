package event

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Detail is what an event carries beyond what all events have in common: one of
// *SequenceBreak, *Subscription, *ContractLoss, *ContractChange,
// *SubscriptionChange, *DeviceTypeChange, *Transfer and *Replacement. The type of
// the event decides which one it is.
type Detail interface {
	// visit shows every member to v, in the order of the canonical JSON.
	visit(v visitor)
}

func detail[T any, P interface {
	*T
	Detail
}]() Detail {
	return P(new(T))
}

// SequenceBreak is the detail of InvalidSeqNumber and OutOfSequence: sequence
// numbers are missing, or the counter of the device started anew.
type SequenceBreak struct {
	// Expected is the number that should have come. The documentation offers it or
	// Last, crossed between its pages, and on one page describes Expected as the
	// last valid number: the two may differ by one, or not.
	Expected sigfox.Opt[sigfox.SeqNumber]
	// Last is the number of the last message before.
	Last sigfox.Opt[sigfox.SeqNumber]
	// Received is the number of the message that came.
	Received sigfox.Opt[sigfox.SeqNumber]
}

func (d *SequenceBreak) visit(v visitor) {
	v.seqNumber("deviceExpectedSeqnumber", &d.Expected)
	v.seqNumber("deviceLastSeqnumber", &d.Last)
	v.seqNumber("deviceMessageSeqnumber", &d.Received)
}

// Subscription is the detail of OnContract, TokenRenewal, Overusage,
// InvalidPrivateKey and FirstTestMessage, and part of most others: the
// subscription of the device to a contract. Which fields are filled differs from
// event to event. Ids are hex.
type Subscription struct {
	// ContractID is the contract that the device is associated with.
	ContractID string
	// ContractIDs are the contracts of its device type.
	ContractIDs []string
	// State is the state of the subscription.
	State SubscriptionState
	// BusinessOperatorID is the Sigfox operator who owns the device.
	BusinessOperatorID string
	// NetworkOperatorID is the Sigfox operator who owns the station that first
	// received the message that caused the event.
	NetworkOperatorID string
}

func (d *Subscription) visit(v visitor) {
	v.id("networkOperatorId", &d.NetworkOperatorID)
	v.id("businessOperatorId", &d.BusinessOperatorID)
	v.id("contractId", &d.ContractID)
	v.ids("contractIds", &d.ContractIDs)
	v.word("subscriptionState", (*string)(&d.State), canonicalSubscription)
}

// ContractLoss is the detail of OffContract.
type ContractLoss struct {
	Subscription
	// ShortCause and Cause say why, in words.
	ShortCause, Cause string
	// SubscriptionEnd is the end of the token, in UTC; zero if not sent.
	SubscriptionEnd time.Time
	// TokenEnd is the end of the token with its renewal and unsubscription taken into
	// account, in UTC; zero if not sent.
	TokenEnd time.Time
}

func (d *ContractLoss) visit(v visitor) {
	v.text("deviceShortCause", &d.ShortCause)
	v.text("deviceCause", &d.Cause)
	d.Subscription.visit(v)
	v.unix("expectedSubscriptionDurationEndTime", &d.SubscriptionEnd)
	v.unix("expectedTokenEndTime", &d.TokenEnd)
}

// ContractChange is the detail of ContractSwitch.
type ContractChange struct {
	// Subscription holds the new contract.
	Subscription
	// PreviousContractID is the old contract.
	PreviousContractID string
}

func (d *ContractChange) visit(v visitor) {
	d.Subscription.visit(v)
	v.id("previousContractId", &d.PreviousContractID)
}

// SubscriptionChange is the detail of Suspend, Resume and Unsubscribe: what a user
// did to a subscription by hand.
type SubscriptionChange struct {
	Subscription
	// UserID is the user who did it, in hex.
	UserID string
}

func (d *SubscriptionChange) visit(v visitor) {
	v.id("userId", &d.UserID)
	d.Subscription.visit(v)
}

// DeviceTypeChange is the detail of ChangedDeviceType.
type DeviceTypeChange struct {
	// Subscription holds the subscription after the change.
	Subscription
	// PreviousDeviceTypeID is the old device type, in hex; the new one is in
	// Event.DeviceTypeID.
	PreviousDeviceTypeID string
}

func (d *DeviceTypeChange) visit(v visitor) {
	v.id("previousDeviceTypeID", &d.PreviousDeviceTypeID)
	d.Subscription.visit(v)
}

// Transfer is the detail of IntraTransfer and ExtraTransfer. Ids are hex.
type Transfer struct {
	// ContractID is the new contract, PreviousContractID the old one.
	ContractID, PreviousContractID string
	// PreviousDeviceTypeID is the old device type; the new one is in
	// Event.DeviceTypeID.
	PreviousDeviceTypeID string
	// TokenState is the state of the token after the transfer.
	TokenState TokenState
}

func (d *Transfer) visit(v visitor) {
	v.id("previousContractId", &d.PreviousContractID)
	v.id("contractId", &d.ContractID)
	v.id("previousDeviceTypeId", &d.PreviousDeviceTypeID)
	v.word("deviceTokenState", (*string)(&d.TokenState), canonicalToken)
}

// Replacement is the detail of TokenReplacedTo and TokenReplacedFrom: the
// destination device takes over the token of the source device.
type Replacement struct {
	Subscription
	// Source and Destination are the device that is replaced and the one that takes
	// its place.
	Source, Destination sigfox.Opt[sigfox.DeviceID]
}

func (d *Replacement) visit(v visitor) {
	v.device("deviceSourceId", &d.Source)
	v.device("deviceDestinationId", &d.Destination)
	d.Subscription.visit(v)
}
