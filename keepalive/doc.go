// Package keepalive tells which devices fell silent: one alert for each silence,
// when a device has sent no message for its keep-alive delay, and none again
// before its next message. That is what the Sigfox Cloud does for the ERROR
// callback (support.sigfox.com/docs/set-a-keep-alive-delay).
//
// A [Monitor] is told of every message with [Monitor.Touch]. [Monitor.Run] calls
// a function for every [Breach] and tries again if it fails; [Monitor.Expired] is
// for programs that have a loop of their own. [Monitor.Snapshot] and [Restore]
// carry a monitor over a restart, so that no device is forgotten and no alert
// is given twice. A [SharedMonitor] keeps its devices in a table of a store: it needs no
// snapshots, and replicas of a service watch together.
//
// Do not use it for deadlines of less than a few seconds, for timers that carry
// something other than a device, or for a few devices whose timers nobody has to
// save: time.AfterFunc does that.
//
// # Guarantees
//
// Concurrency: all methods of a Monitor, and of a SharedMonitor, may be called at any
// time from any goroutine, and no method calls user code while it holds a lock.
// Monitor.Touch takes no lock, except for a device that joins, was alerted or is not
// kept, and for a few in a thousand whose place in the table is taken. No
// goroutine runs but in Run, and in SharedMonitor.Flush while it is called.
//
// Exactness: an alert is never early. It is given by the first search in which
// the delay is over, which for Run is the due tick. Ticks are whole multiples of
// [Options.Resolution]; messages and delays are rounded up to them.
//
// Time: no method reads the clock but Run. A time that goes back counts as the
// latest that was seen. Times with a monotonic reading, as time.Now gives them,
// make a monitor immune to steps of the wall clock: delays elapse by the
// monotonic clock, and what is reported follows the wall clock.
//
// Cost: Touch reads one byte that tells the place of the device, and then that, 8
// bytes in a hash table: it does not search, and allocates 32 bytes in each tick.
// A device takes 21 to 22 bytes, up to 26 while a monitor is nearly empty; the
// table has no pointers, so the garbage collector does not scan it. It grows in
// small steps while it is in use. A device is looked at about three times per
// delay, however many messages it sends, never all devices at once.
package keepalive
