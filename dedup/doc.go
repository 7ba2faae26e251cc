// Package dedup finds what is the same: the copies of a message that several base
// stations hear, the callbacks that the cloud sends again, and the numbers that a
// device should have used.
//
//   - Aggregator turns frames into messages. The first copy of a message is
//     reported at once; when the window is over, all that the stations reported
//     of it is handed out as one Message.
//   - Seen tells a callback that was sent again from a new one.
//   - SequenceWatch tells which messages of a device are missing, and which
//     cannot be from it, as the cloud does.
//
// An Aggregator is for those who run a network, or simulate one: the cloud sends
// one DATA callback for each message, and its receivers need Seen only. None of
// the three is shared between processes or kept over a restart; store.Seen is a Seen
// that is.
//
// # Guarantees
//
// All are safe for concurrent use and scale with the number of cores. None reads
// a clock, starts a goroutine or has to be closed: the caller says what time it
// is. A clock that goes back is taken for one that stands still.
//
// Memory is bounded by the options, and what does not fit is counted. Large
// tables hold no pointers, so that the garbage collector passes over them. An
// Aggregator takes about 90 bytes for a message of up to four stations, and 64
// more for each seven stations beyond; nothing is allocated once its tables have
// grown to what they need, and growing one takes well under a millisecond, as
// there are many of them.
//
// A Seen takes 16 bytes for a message and compares whole keys: it never takes
// one message for another, and forgets none before its time unless its memory is
// full. It waits for memory once in a call: 40 to 300 ns, by the number of
// messages. It allocates only to grow, in small steps that stop one call in
// thousands for about a tenth of a millisecond. Caches with an admission policy
// (ristretto, otter with a maximum size) cannot take its place: they refuse to
// remember what was not asked for often.
package dedup
