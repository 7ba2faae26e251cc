// Package event receives and makes EVENT callbacks, which report what happens to a
// device besides its messages: sequence numbers are missing, a subscription is
// renewed, suspended or lost, a device moves to another contract or is replaced.
//
// An [Event] has the members that all events share, and a [Detail] that depends on
// its [Type]. Both are open: an event that this package does not know is delivered
// with a nil Detail, and undocumented members are kept in Extra. If a template leaves
// the type out, an event with sequence numbers is read as a [SequenceBreak].
//
//	switch d := e.Detail.(type) {
//	case *event.SequenceBreak:
//		...
//	case *event.ContractLoss:
//		...
//	}
//
// # What is accepted
//
// The documentation of these callbacks contradicts itself, and customers write
// their templates by hand. So a name that is not found as documented is compared
// without regard to case, blanks, "_" and "-". Numbers may be strings. Times may be
// Unix seconds, milliseconds, or dates such as "2019-01-08 06:34:14", which are taken
// as UTC. {deviceInfo} may be an object, a string that holds one, or plain text.
// {contractIds} may be an array, a string that holds one, or a comma-separated list.
// {sourceId} may also be called device or deviceId, and {time} timestamp. Documented
// words are accepted in any case; other words are kept. The values null, "null",
// "N/A", "" and unreplaced placeholders such as "{deviceCause}" count as absent.
//
// A handler that is given the callback.Definition with which a group sends its events
// reads what that definition sends: renamed and nested members, texts, the lines of a
// batch. An Event is a template.Source, so Definition.Compile renders it for sending.
//
// A value that cannot be read, such as a malformed time, is an error that names it.
// An event without any documented member is an error, too.
//
// # When not to use it
//
// The silence of a device is reported by the ERROR callback, [callback.ErrorReport].
// Events have no key that tells a repeated delivery from a second event, so functions
// that handle them should be idempotent.
//
// # Guarantees
//
// Events are values and share no memory with the text that they were read from.
// Copies of an Event share its Detail and Extra. All functions are safe for
// concurrent use, and none reads the clock. Parsing never panics; its time and
// memory grow linearly with the text. Events are rare, so reading one allocates.
package event
