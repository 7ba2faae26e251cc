package downlink

import "github.com/go-sigfox/sigfox"

// Opportunity is what the network knows of one chance to reach a device: a message
// whose device asks for a downlink. Decide says what to do next; whoever runs the
// network does it, notes what came of it, and decides again:
//
//	message -> StepAwait -> answer -> StepSend -> quota -> StepSend -> radio -> StepReport
//
// The zero value is a message for which an answer is awaited.
type Opportunity struct {
	// Off: nobody answers the devices of this type, which are in the mode NONE or
	// MANAGED.
	Off bool
	// NoContract: the order of the device does not allow downlinks.
	NoContract bool
	// Busy: the device asked before and has not ended listening.
	Busy bool
	// NoCallback: the mode is CALLBACK, but no BIDIR callback is there to be asked.
	NoCallback bool

	// Answer is how far the answer is: of the service or, in the mode DIRECT, of the
	// template.
	Answer AnswerState
	// Reply and Err are what it says for the device, as Answer.Reply returns it.
	Reply Reply
	Err   error
	// QuietNoData sends no ACKNOWLEDGE if the service said that it has no data, with
	// status 204 or noData. It is not documented what the cloud does. By default
	// the outcome is NoAnswer, by which the service learns that the message is over.
	QuietNoData bool

	// Quota is what the contract has left for the device today.
	Quota QuotaState
	// Radio is how far the emission is.
	Radio RadioState
}

// AnswerState is how far the answer to a device is.
type AnswerState uint8

// The states of an answer.
const (
	AnswerAwaited AnswerState = iota
	// AnswerGiven: Reply and Err are set.
	AnswerGiven
	// AnswerMissing: the service failed or was not reached, or its answer came when
	// the device no longer listened.
	AnswerMissing
)

// QuotaState is what is left of the quota of a device.
type QuotaState uint8

// The states of a quota.
const (
	// QuotaLeft: this downlink is within the quota.
	QuotaLeft QuotaState = iota
	// QuotaOverused: it is not, but the network has the capacity to send it.
	QuotaOverused
	// QuotaBlocked: it is not, and others need the capacity.
	QuotaBlocked
)

// RadioState is how far the emission of a downlink is.
type RadioState uint8

// The states of an emission.
const (
	RadioIdle RadioState = iota
	// RadioEmitted: a base station sent the downlink.
	RadioEmitted
	// RadioFailed: none could.
	RadioFailed
)

// Step is what the network does next about an Opportunity.
type Step uint8

// The steps.
const (
	// StepNone: nothing. There is no downlink, and no ACKNOWLEDGE is sent.
	StepNone Step = iota
	// StepAwait: wait for the answer.
	StepAwait
	// StepSend: have a base station send Data while the device listens.
	StepSend
	// StepReport: send an ACKNOWLEDGE with Code.
	StepReport
)

// Decision is what the network makes of an Opportunity.
type Decision struct {
	Step Step
	// Code is the outcome: Pending for StepAwait and StepSend.
	Code InfoCode
	// Data is what is sent, for StepSend and once it was sent.
	Data Data
	// Overusage reports that the device is over its quota.
	Overusage bool
}

// Answered notes what ParseAnswer made of the body with which the service answered.
// A body that is not an answer at all counts as data that cannot be sent.
func (o *Opportunity) Answered(id sigfox.DeviceID, a Answer, err error) {
	o.Answer = AnswerGiven
	o.Reply, o.Err = a.Reply(id)
	if err != nil {
		o.Err = err
	}
}

// Decide says what is to be done, by what is known so far. If Off is set that is
// nothing: ACKNOWLEDGE callbacks are documented for the modes DIRECT and CALLBACK
// only. Of several reasons against a downlink the first one in time counts: contract,
// device, configuration, answer, quota, radio. An answer that came too late counts as
// none (NoAnswer): NetworkError is for what the stations could not do. Source:
// https://support.sigfox.com/docs/acknowledge
func (o Opportunity) Decide() Decision {
	data, present := o.Reply.Data()
	switch {
	case o.Off:
		return Decision{Step: StepNone, Code: NoAnswer}
	case o.NoContract:
		return Decision{Step: StepReport, Code: NoDownlinkContract}
	case o.Busy:
		return Decision{Step: StepReport, Code: TooManyRequests}
	case o.NoCallback:
		return Decision{Step: StepReport, Code: InvalidConfiguration}
	case o.Answer == AnswerAwaited:
		return Decision{Step: StepAwait, Code: Pending}
	case o.Answer == AnswerMissing:
		return Decision{Step: StepReport, Code: NoAnswer}
	case o.Err != nil:
		return Decision{Step: StepReport, Code: InvalidPayload}
	case !present && o.QuietNoData:
		return Decision{Step: StepNone, Code: NoAnswer}
	case !present:
		return Decision{Step: StepReport, Code: NoAnswer}
	}
	return o.transmit(data)
}

// transmit decides about data that can be sent.
func (o Opportunity) transmit(data Data) Decision {
	over := o.Quota != QuotaLeft
	switch {
	case o.Quota == QuotaBlocked:
		return Decision{Step: StepReport, Code: OverrunError, Overusage: over}
	case o.Radio == RadioIdle:
		return Decision{Step: StepSend, Code: Pending, Data: data, Overusage: over}
	case o.Radio == RadioFailed:
		return Decision{Step: StepReport, Code: NetworkError, Overusage: over}
	default:
		return Decision{Step: StepReport, Code: Acked, Data: data, Overusage: over}
	}
}
