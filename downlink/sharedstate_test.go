package downlink_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
)

// stored is the format of version 1, which all later ones must read or refuse.
const stored = `{"v":1,"now":"2026-03-14T12:00:00Z","waiting":[` +
	`{"data":"0700000000000000","ref":7,"pushed":"2026-03-14T12:00:00Z","expires":"2026-03-21T12:00:00Z","offers":1},` +
	`{"data":"0800000000000000","pushed":"2026-03-14T12:00:00Z"}],` +
	`"head":1,"superseded":7,"offer":{"time":1773489601,"seq":1,"at":"2026-03-14T12:00:00Z"},` +
	`"today":"2026-03-14T00:00:00Z","used":1}`

func TestSharedQueue_format(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	q := newShared(t, table, downlink.QueueOptions{})
	require.NoError(t, q.Push(ctx, noon, thermostat, downlink.Data{7}, downlink.PushOptions{Ref: 7}))
	_, err := q.Next(ctx, noon, messageAt(1))
	require.NoError(t, err)
	_, err = q.Remove(ctx, noon, thermostat)
	require.NoError(t, err)
	require.NoError(t, q.Push(ctx, noon, thermostat, downlink.Data{8}, downlink.PushOptions{Expiry: downlink.NoExpiry}))
	e, err := table.Get(ctx, noon, "2C30EA")
	require.NoError(t, err)
	require.Equal(t, stored, string(e.Value))
	again, err := downlink.StoredState(thermostat, e.Value)
	require.NoError(t, err)
	require.Equal(t, stored, string(again))
}

var corruptStates = []string{
	"", "{", "null", "[]", `{"v":2,"future":true}`, `{"v":0}`, `{"v":"1"}`,
	`{"v":1,"now":"noon"}`,
	`{"v":1,"head":1}`,
	`{"v":1,"head":9,"waiting":[{}]}`,
	`{"v":1,"head":1,"waiting":[{"data":"0700000000000000"}]}`,
	`{"v":1,"waiting":[{"data":"07"}]}`,
	`{"v":1,"waiting":[{"data":"0700000000000000","offers":-1}]}`,
	`{"v":1,"superseded":7}`,
	`{"v":1,"head":1,"superseded":1,"waiting":[{"data":"0700000000000000"}],"offer":{}}`,
	`{"v":1,"head":1,"waiting":[{"data":"0700000000000000"}],"offer":{"time":1,"seq":1}}`,
	`{"v":1,"used":-1}`,
}

func TestSharedQueue_corrupt(t *testing.T) {
	t.Parallel()
	for _, state := range corruptStates {
		table := newTable(t)
		revision, err := table.Create(t.Context(), noon, thermostat.String(), []byte(state), 0)
		require.NoError(t, err)
		q := newShared(t, table, downlink.QueueOptions{})
		_, err = q.Next(t.Context(), noon, messageAt(1))
		require.ErrorIs(t, err, store.ErrCorrupt, state)
		require.ErrorContains(t, err, thermostat.String())
		require.ErrorIs(t, q.Push(t.Context(), noon, thermostat, downlink.Data{1}, downlink.PushOptions{}), store.ErrCorrupt)
		e, err := table.Get(t.Context(), noon, thermostat.String())
		require.NoError(t, err)
		require.Equal(t, revision, e.Revision, "it is left as it is")
	}
}

// A time that JSON cannot hold is an error, and the queue stays as it was.
func TestSharedQueue_year10000(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	q := newShared(t, table, downlink.QueueOptions{})
	far := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	require.ErrorContains(t, q.Push(t.Context(), far, thermostat, downlink.Data{1}, downlink.PushOptions{}), "year")
	require.NoError(t, q.Push(t.Context(), noon, thermostat, downlink.Data{1}, downlink.PushOptions{}))
	_, err := q.Next(t.Context(), far, messageAt(1))
	require.ErrorContains(t, err, "year")
	pending, err := q.Pending(t.Context(), noon, thermostat)
	require.NoError(t, err)
	require.Len(t, pending, 1)
}

func FuzzStoredState(f *testing.F) {
	f.Add([]byte(stored))
	for _, state := range corruptStates {
		f.Add([]byte(state))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		const id sigfox.DeviceID = 1
		again, err := downlink.StoredState(id, value)
		if err != nil {
			return
		}
		twice, err := downlink.StoredState(id, again)
		require.NoError(t, err)
		require.Equal(t, string(again), string(twice))
		require.NoError(t, downlink.UseStored(id, value, noon)) // does not panic
	})
}
