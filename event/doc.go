// Package event receives and makes EVENT callbacks: what happens to a device
// beyond its messages. Sequence numbers are missing, a subscription is renewed,
// suspended or lost, a device moves to another contract or is replaced.
//
// An [Event] has the members that all events share, and a [Detail] that depends on
// its [Type]. Both are open: an event that this package does not know is delivered
// with a nil Detail, and whatever is not documented is kept in Extra.
// Where a template leaves the type out, sequence numbers make it a [SequenceBreak].
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
// their templates by hand. So names are compared without case, blanks, "_" and "-"
// if they are not found as documented. Numbers may be strings. Times may be Unix
// seconds, milliseconds, or dates such as "2019-01-08 06:34:14", which are taken
// for UTC. {deviceInfo} may be an object, a string that holds one, or plain text.
// {contractIds} may be an array, a string that holds one, or a list with commas.
// {sourceId} may also be called device or deviceId, {time} timestamp. Documented
// words are accepted in any case, others are kept. The values null, "null", "N/A",
// "" and unreplaced placeholders such as "{deviceCause}" are absent.
//
// A handler that is given the callback.Definition by which a group sends its events
// reads what that says: renamed and nested members, texts, the lines of a batch. An
// Event is a template.Source, so Definition.Compile sends what is read back.
//
// A value that cannot be read, such as a time that is none, is an error that names
// it. An event without any documented member is an error, too.
//
// # When not to use it
//
// Device silence is reported by the ERROR callback, [callback.ErrorReport]. Events
// have no key by which a repeated delivery can be told from a second event, so
// functions that handle them should be idempotent.
//
// # Guarantees
//
// Events are values and share no memory with the text that they were read from;
// their Detail and Extra are shared by copies of an Event. All functions are safe
// for concurrent use. Nothing reads the clock. Parsing never panics; its time and
// memory grow linearly with the text. Events are rare, so reading one allocates.
package event
