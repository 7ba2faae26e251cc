// Package keepalive tells which devices fell silent.
package keepalive
