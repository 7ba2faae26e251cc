// Package downlink holds what a service says to its devices: the 8 bytes of a
// downlink, the answer to a BIDIR callback, the codes of the ACKNOWLEDGE
// callback, the templates of DIRECT mode, and a queue of downlinks that wait for
// their device to ask.
package downlink
