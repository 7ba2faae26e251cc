package keepalive_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

func TestSmoke(t *testing.T) {
	m, err := keepalive.New(keepalive.Options{Delay: time.Hour, MaxDevices: 2000000})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1700000000, 0)
	for i := range 1000000 {
		if err := m.Touch(now, sigfox.DeviceID(i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []time.Duration{0, time.Hour - time.Second, time.Hour, time.Hour} {
		n := 0
		for range m.Expired(now.Add(d)) {
			n++
		}
		fmt.Println(d, n)
	}
	m.Touch(now.Add(2*time.Hour), 5)
	fmt.Println(slices.Collect(m.Expired(now.Add(3 * time.Hour))))
}
