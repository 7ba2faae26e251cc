package dedup

import (
	"runtime"
	"sync/atomic"
)

// spinLock is a lock that is held for less time than it takes to go to sleep and
// be woken, as sync.Mutex has it.
type spinLock struct{ held atomic.Uint32 }

// Lock waits for the lock. Who waits lets other goroutines run now and then, as
// one of them may hold it.
func (l *spinLock) Lock() {
	if !l.TryLock() {
		l.wait()
	}
}

// TryLock locks unless somebody holds the lock. It does not look first, for which
// another core would have to hand over the cache line twice.
func (l *spinLock) TryLock() bool { return l.held.CompareAndSwap(0, 1) }

// Unlock is for the holder of the lock.
func (l *spinLock) Unlock() { giveBack(&l.held) }

func (l *spinLock) wait() {
	for {
		for range 64 {
			if l.held.Load() == 0 && l.TryLock() {
				return
			}
		}
		runtime.Gosched()
	}
}
