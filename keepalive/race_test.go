//go:build race

package keepalive_test

// millions is the number of operations of TestModelMillions, fewer under the
// race detector.
const millions = 100_000
