// Package radio plays a Sigfox radio network: devices that send messages, base
// stations that hear some of their frames, and downlinks on the way back. Time is
// what the caller says, and all chance comes from a seed, so that a run can be
// repeated exactly.
package radio
