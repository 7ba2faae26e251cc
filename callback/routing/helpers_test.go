package routing_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// id returns 24 hex digits.
func id(n int) string { return fmt.Sprintf("%024x", n) }

// newRegistry returns a registry whose new ids count up from f00000.
func newRegistry(t testing.TB) *routing.Registry {
	t.Helper()
	next := 0xf00000
	r, err := routing.New(routing.Options{NewID: func() string { next++; return id(next) }})
	require.NoError(t, err)
	return r
}

// definition returns a valid, enabled callback of the service.
func definition(s callback.Service) callback.Definition {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: s, Enabled: true,
		URL: "https://example.com/callback", Method: "POST", ContentType: "application/json", BodyTemplate: `{"time":"{time}"}`,
	}
	if s != callback.EventCallback {
		d.BodyTemplate = `{"device":"{device}"}`
	}
	return d
}

func target(s callback.Service, change ...func(*dispatch.TargetOptions)) dispatch.TargetOptions {
	o := dispatch.TargetOptions{Definition: definition(s)}
	for _, f := range change {
		f(&o)
	}
	return o
}

func withID(n int) func(*dispatch.TargetOptions) {
	return func(o *dispatch.TargetOptions) { o.ID = id(n) }
}

func disabled(o *dispatch.TargetOptions) { o.Definition.Enabled = false }

func hooked(o *dispatch.TargetOptions) { o.Definition.DownlinkHook = true }

func ids(seq iter.Seq[*dispatch.Target]) []string {
	var all []string
	for t := range seq {
		all = append(all, t.ID())
	}
	return all
}

func putType(t testing.TB, r *routing.Registry, dt routing.DeviceType) string {
	t.Helper()
	got, err := r.PutDeviceType(dt)
	require.NoError(t, err)
	return got
}

func putGroup(t testing.TB, r *routing.Registry, g routing.Group) string {
	t.Helper()
	got, err := r.PutGroup(g)
	require.NoError(t, err)
	return got
}

func putDevice(t testing.TB, r *routing.Registry, dev sigfox.DeviceID, deviceType string) {
	t.Helper()
	require.NoError(t, r.PutDevice(routing.Device{ID: dev, DeviceTypeID: deviceType}))
}

// problems returns the problems of an InvalidError as "field: message".
func problems(t testing.TB, err error) []string {
	t.Helper()
	var invalid *routing.InvalidError
	require.ErrorAs(t, err, &invalid)
	var all []string
	for _, p := range invalid.Errors {
		require.Equal(t, "body", p.Type)
		all = append(all, p.Field+": "+p.Message)
	}
	return all
}
