//go:build !race

package dedup

import "sync/atomic"

// giveBack stores 0 as release does in C: what was written before is visible to who
// reads the 0. On amd64 every store does that, but atomic.Uint32.Store, which is
// also ordered with the loads that follow, waits until all before it are done.
//
//go:noescape
func giveBack(held *atomic.Uint32)
