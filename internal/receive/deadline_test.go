package receive_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/receive"
)

type key struct{}

var errCause, errParent = errors.New("too slow"), errors.New("parent ended")

// A Deadline behaves as a context of the standard library does.
func TestDeadline_isContext(t *testing.T) {
	t.Parallel()
	makers := map[string]func(parent context.Context, at time.Time) (context.Context, func()){
		"standard": func(parent context.Context, at time.Time) (context.Context, func()) {
			return context.WithDeadlineCause(parent, at, errCause)
		},
		"ours": func(parent context.Context, at time.Time) (context.Context, func()) {
			var d receive.Deadlines
			c := d.New(parent, at, errCause)
			return c, c.End
		},
	}
	type fixture struct {
		ctx          context.Context
		end          func()
		cancelParent context.CancelCauseFunc
	}
	tests := map[string]func(is *require.Assertions, f fixture){
		"values": func(is *require.Assertions, f fixture) {
			is.Equal("v", f.ctx.Value(key{}))
			<-f.ctx.Done()
			is.Equal("v", f.ctx.Value(key{}))
			is.Nil(f.ctx.Value("none"))
		},
		"not ended": func(is *require.Assertions, f fixture) {
			is.NoError(f.ctx.Err())
			is.NoError(context.Cause(f.ctx))
			at, ok := f.ctx.Deadline()
			is.True(ok)
			is.Equal(time.Second, time.Until(at))
			is.Equal(f.ctx.Done(), f.ctx.Done())
		},
		"time is up": func(is *require.Assertions, f fixture) {
			done := f.ctx.Done()
			start := time.Now()
			<-done
			is.Equal(time.Second, time.Since(start))
			is.Equal(context.DeadlineExceeded, f.ctx.Err())
			is.Equal(errCause, context.Cause(f.ctx))
		},
		"time is up, nobody waited": func(is *require.Assertions, f fixture) {
			time.Sleep(2 * time.Second)
			is.Equal(errCause, context.Cause(f.ctx), "asked for the cause first")
			is.Equal(context.DeadlineExceeded, f.ctx.Err())
		},
		"ended": func(is *require.Assertions, f fixture) {
			done := f.ctx.Done()
			f.end()
			<-done
			is.Equal(context.Canceled, f.ctx.Err())
			is.Equal(context.Canceled, context.Cause(f.ctx))
			f.end()
		},
		"ended before use": func(is *require.Assertions, f fixture) {
			f.end()
			<-f.ctx.Done()
			is.Equal(context.Canceled, context.Cause(f.ctx))
			is.Equal(context.Canceled, f.ctx.Err())
		},
		"parent ends": func(is *require.Assertions, f fixture) {
			done := f.ctx.Done()
			f.cancelParent(errParent)
			<-done
			is.Equal(context.Canceled, f.ctx.Err())
			is.Equal(errParent, context.Cause(f.ctx))
		},
		"parent ended before use": func(is *require.Assertions, f fixture) {
			f.cancelParent(errParent)
			is.Equal(errParent, context.Cause(f.ctx))
			is.Equal(context.Canceled, f.ctx.Err())
		},
		"children": func(is *require.Assertions, f fixture) {
			child, cancel := context.WithTimeout(context.WithValue(f.ctx, key{}, "child"), time.Hour)
			defer cancel()
			at, _ := child.Deadline()
			is.Equal(time.Second, time.Until(at))
			<-child.Done()
			is.Equal(context.DeadlineExceeded, child.Err())
			is.Equal(errCause, context.Cause(child))
		},
		"children end with it": func(is *require.Assertions, f fixture) {
			child, cancel := context.WithCancel(f.ctx)
			defer cancel()
			f.end()
			<-child.Done()
			is.Equal(context.Canceled, child.Err())
		},
		"child without end": func(is *require.Assertions, f fixture) {
			child := context.WithoutCancel(f.ctx)
			f.end()
			is.NoError(child.Err())
			is.NoError(context.Cause(child))
			is.Equal("v", child.Value(key{}))
		},
		"AfterFunc": func(_ *require.Assertions, f fixture) {
			called := make(chan struct{})
			context.AfterFunc(f.ctx, func() { close(called) })
			f.end()
			<-called
		},
	}
	for maker, newContext := range makers {
		for name, test := range tests {
			t.Run(maker+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "v"))
					defer cancel(nil)
					ctx, end := newContext(parent, time.Now().Add(time.Second))
					defer end()
					test(require.New(t), fixture{ctx, end, cancel})
				})
			})
		}
	}
}

func TestDeadline_ofParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		parent, cancel := context.WithTimeoutCause(t.Context(), time.Second, errParent)
		defer cancel()
		var d receive.Deadlines
		for _, tt := range []struct{ at, want time.Duration }{{time.Minute, time.Second}, {time.Millisecond, time.Millisecond}} {
			ctx := d.New(parent, now.Add(tt.at), errCause)
			at, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, tt.want, at.Sub(now))
		}
		ctx := d.New(parent, now.Add(time.Minute), errCause)
		<-ctx.Done()
		require.Equal(t, errParent, context.Cause(ctx))
	})
}

// Each context is one of its own, also when the memory for many at once is used up.
func TestDeadlines_New(t *testing.T) {
	t.Parallel()
	var d receive.Deadlines
	seen := make(map[context.Context]bool)
	for range 100 {
		c := d.New(t.Context(), time.Now().Add(time.Hour), errCause)
		require.False(t, seen[c])
		require.NoError(t, c.Err())
		c.End()
		require.Error(t, c.Err())
		seen[c] = true
	}
}
