// Package keepalive tells which devices fell silent. It gives one alert for each
// silence: when a device has sent no message for its keep-alive delay, and not
// again before its next message. The Sigfox Cloud does the same for the ERROR
// callback (support.sigfox.com/docs/set-a-keep-alive-delay).
//
// Call [Monitor.Touch] for every message. [Monitor.Run] calls a function for every
// [Breach], and tries again if the function fails; [Monitor.Expired] is for programs
// that have a loop of their own. [Monitor.Snapshot] and [Restore] carry a monitor
// across a restart, so that no device is forgotten and no alert is given twice. A
// [SharedMonitor] keeps its devices in a table of a store: it needs no snapshots, and
// the replicas of a service watch together.
//
// Do not use it for deadlines of less than a few seconds, or for timers that carry
// something other than a device. For a few devices whose timers need not be saved,
// time.AfterFunc is enough.
//
// # Guarantees
//
// Concurrency: all methods of a Monitor, and of a SharedMonitor, may be called at any
// time from any goroutine, and no method calls user code while it holds a lock.
// Monitor.Touch takes no lock, except for a device that joins, was alerted or is not
// kept, and for a few in a thousand whose place in the table is taken. Goroutines
// run only inside Run, and inside SharedMonitor.Flush while it is called.
//
// Exactness: an alert is never early. It is given by the first search after the delay
// is over; for Run that is the tick at which the device is due. Ticks are whole
// multiples of [Options.Resolution]; messages and delays are rounded up to them.
//
// Time: only Run reads the clock. A time that goes back counts as the latest that
// was seen. Times with a monotonic reading, as time.Now returns them, make a monitor
// immune to steps of the wall clock: delays elapse by the monotonic clock, and
// reported times follow the wall clock.
//
// Cost: Touch reads one byte that tells where the device is in a hash table, and then
// its 8 bytes there; it does not search. It allocates 32 bytes once a tick. A device
// takes 21 to 22 bytes, up to 26 while a monitor is nearly empty. The table has no
// pointers, so the garbage collector does not scan it, and it grows in small steps
// while it is in use. A device is looked at about three times per delay, however many
// messages it sends, and never are all devices looked at once.
package keepalive
