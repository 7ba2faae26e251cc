package keepalive_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/keepalive"
)

// TestModelCrowded has more devices with the same home than there are slots that a
// pilot can give them, so that many are strays.
func TestModelCrowded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	p := newPair(t, keepalive.Options{Delay: time.Hour, MinDelay: time.Second, MaxDevices: 1000})
	crowd := keepalive.Crowd(100)
	most := 0
	for i := range 20_000 {
		id := crowd[r.IntN(len(crowd))]
		switch n := r.IntN(100); {
		case n < 70:
			p.touch(t, id)
		case n < 80:
			p.set(t, id, modelDelays[r.IntN(len(modelDelays))])
		case n < 85:
			p.remove(t, id)
		case n < 95:
			p.now = p.now.Add(time.Duration(r.IntN(600)) * time.Second)
		default:
			p.expire(t)
		}
		if i%1000 == 0 {
			p.check(t)
			p.restart(t)
		}
		most = max(most, p.monitor.Strays())
	}
	require.Greater(t, most, 50)
}
