// Package downlink holds what a service sends to its devices: the 8 bytes of a
// downlink (Data), the answer to a BIDIR callback (Reply, AppendJSON), the codes
// of the ACKNOWLEDGE callback (InfoCode), and a Queue of downlinks that wait for
// their device to ask.
//
// For those who run or simulate a network, it also reads answers (ParseAnswer),
// renders the templates of DIRECT mode (Direct), counts quotas (Ledger), knows when
// devices listen (WindowOf) and decides what becomes of a downlink (Opportunity).
//
// A device cannot be called: it can be reached only in the seconds after a message
// in which it asked for a downlink (ack true), normally four times a day. A service
// that knows at that moment what to say returns Send(data) from the handler and needs
// no Queue. The Queue is for downlinks that an application decides on at another time:
//
//	Push  ->  waits  ->  Next, at a BIDIR message: on offer  ->  Acknowledge: confirmed
//	            ^                                                    |
//	            +----- not sent, or no ACKNOWLEDGE in time ----------+
//
// Confirmed means that a base station emitted the downlink, not that the device
// heard it, which the network does not report. Where that matters, let the device
// repeat what it was told in its next message. Do not use the Queue for more than a
// few downlinks per device and day.
//
// A Queue is kept in memory. Where downlinks must outlive the process, or replicas
// share them, use a SharedQueue. An application that stores its commands can instead
// push them again when it starts, and strike them out when OnDone reports them.
//
// # Guarantees
//
// Data, Reply, Entry, InfoCode and Decision can be copied and compared. Queue,
// SharedQueue, Ledger and Direct are safe for concurrent use. AppendJSON, Data.AppendText,
// Direct.Render and Opportunity.Decide allocate nothing if their buffer has room. A
// Queue holds at most MaxDevices x (MaxPerDevice + 1) downlinks, a Ledger one count
// for each of MaxDevices. Neither starts a goroutine, reads a clock or needs to be
// closed. No function panics on any input.
package downlink
