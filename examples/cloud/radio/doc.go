// Package radio simulates a Sigfox radio network: devices that send messages, base
// stations that hear some of their frames, and downlinks on the way back. The caller
// says what time it is, and all randomness comes from a seed, so a run can be repeated
// exactly.
package radio
