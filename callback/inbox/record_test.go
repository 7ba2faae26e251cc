package inbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/store"
)

// FuzzRead holds that whatever is stored can be read or is corrupt, and that what was
// read is written as it is.
func FuzzRead(f *testing.F) {
	record := func(m interface{ AppendJSON([]byte) []byte }) {
		f.Add(fmt.Appendf(nil, `{"v":1,"received":1507396972000,"attempts":2,"error":"away","message":%s}`, m.AppendJSON(nil)))
	}
	uplink, event1 := callbacktest.Uplink(), callbacktest.Event()
	record(&uplink)
	record(&event1)
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"message":{"device":"xyz"}}`))
	f.Add([]byte(`{"v":1,"message":{"device":"0","data":10}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		reread[callback.Uplink](t, data)
		reread[callback.Geoloc](t, data)
		reread[event.Event](t, data)
	})
}

func reread[M inbox.Message](t *testing.T, data []byte) {
	t.Helper()
	first, second, err := inbox.Reread[M](data)
	if err != nil {
		require.ErrorIs(t, err, store.ErrCorrupt)
		return
	}
	require.Equal(t, first, second)
}
