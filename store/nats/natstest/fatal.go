package natstest

import (
	"fmt"
	"sync/atomic"
)

// fatal is the logger of a server. It keeps why the server cannot go on, which is told
// nowhere else.
type fatal struct{ why atomic.Pointer[string] }

func (f *fatal) err() error {
	if why := f.why.Load(); why != nil {
		return fmt.Errorf("natstest: %s", *why)
	}
	return nil
}

// Fatalf implements server.Logger.
func (f *fatal) Fatalf(format string, v ...any) {
	why := fmt.Sprintf(format, v...)
	f.why.CompareAndSwap(nil, &why)
}

// Noticef implements server.Logger.
func (*fatal) Noticef(string, ...any) {}

// Warnf implements server.Logger.
func (*fatal) Warnf(string, ...any) {}

// Errorf implements server.Logger.
func (*fatal) Errorf(string, ...any) {}

// Debugf implements server.Logger.
func (*fatal) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (*fatal) Tracef(string, ...any) {}
