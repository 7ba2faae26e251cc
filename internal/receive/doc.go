// Package receive holds the parts of an HTTP receiver that know nothing of
// callbacks: bodies that are limited before they are read, deadlines that cost
// nothing until somebody waits for them, and the address of a client behind
// proxies.
package receive
