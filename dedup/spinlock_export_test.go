package dedup

// SpinLock is exported for the tests.
type SpinLock = spinLock
