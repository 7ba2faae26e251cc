// Package dedup recognises copies: the frames of one message that several base
// stations hear, and the callbacks that the cloud sends again. It also finds breaks
// in the sequence numbers of a device.
//
//   - Aggregator turns frames into messages. It reports the first copy of a message
//     at once. When the window is over, it hands out one Message with everything
//     that the stations reported.
//   - Seen tells a callback that was sent again from a new one.
//   - SequenceWatch tells which messages of a device are missing, and which cannot
//     be from it, as the cloud does.
//
// An Aggregator is for those who run or simulate a network. The cloud sends one DATA
// callback for each message, so its receivers need only Seen. None of the three is
// shared between processes or kept across a restart; for a Seen that is, use
// store.Seen.
//
// # Guarantees
//
// All are safe for concurrent use and scale with the number of cores. None reads
// a clock, starts a goroutine or has to be closed: the caller says what time it
// is. A clock that goes back counts as one that stands still.
//
// Memory is bounded by the options, and what does not fit is counted. Large
// tables hold no pointers, so the garbage collector does not scan them. An
// Aggregator takes about 90 bytes for a message of up to four stations, and 64
// more for each further seven stations. Nothing is allocated once its tables have
// grown to the size they need. There are many small tables, so growing one takes
// well under a millisecond.
//
// A Seen takes 16 bytes for a message and compares whole keys. It never takes
// one message for another, and forgets none before its time unless its memory is
// full. A call waits for memory once, which takes 40 to 300 ns depending on the
// number of messages. It allocates only to grow, in small steps that delay one call
// in thousands by about a tenth of a millisecond. Caches with an admission policy
// (ristretto, or otter with a maximum size) cannot replace it, as they refuse to
// remember what is not asked for often.
package dedup
