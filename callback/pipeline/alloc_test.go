//go:build !race

package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/dedup"
)

// TestFurtherFramesAllocateNothing: most frames are copies of a message whose first
// frame was handled.
func TestFurtherFramesAllocateNothing(t *testing.T) {
	p, err := pipeline.New(pipeline.Options{
		Registry: newRegistry(t, nil),
		Sender:   senderFunc(func(context.Context, dispatch.Request) error { return nil }),
	})
	require.NoError(t, err)
	now := time.Now()
	f := asks(7)
	_, err = p.Frame(t.Context(), now, f)
	require.NoError(t, err)
	station := sigfox.StationID(0)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		station = (station + 1) % 4 // what fits into a message without more room
		f.Station = station
		if verdict, _ := p.Frame(context.Background(), now, f); verdict != dedup.Merged {
			t.Error(verdict)
		}
	}))
}
