package keepalive_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
)

// storedRecords is the format of version 1, which all later ones must read or refuse.
var storedRecords = map[string]string{
	"heard":     "01" + "00" + "80a0f293ec66" + "01",
	"off":       "01" + "00" + "80a0f293ec66" + "00",
	"own delay": "01" + "00" + "80a0f293ec66" + "80bab703",
	"alerted":   "01" + "01" + "80a0f293ec66" + "01",
	"owed":      "01" + "02" + "80a0f293ec66" + "01" + "80a0f293ec66" + "80bab703" + "80a0f293ec66" + "0807060504030201",
}

var corruptRecords = []string{
	"", "01", "0200", "0203", "0103" + "0000", "0100", "010080", "010000", "01000003", "0100000100",
	"0102" + "00" + "01" + "00" + "00" + "00" + "0807060504030201", // no delay of the silence
	"0102" + "00" + "01" + "02" + "02" + "00" + "0807060504030201", // a silence after the last message
	"0102" + "00" + "01" + "00" + "02" + "00" + "08070605040302",
	"0100" + "ffffffffffffffffff01" + "01",
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func TestStoredRecord(t *testing.T) {
	t.Parallel()
	for name, text := range storedRecords {
		value := unhex(t, text)
		again, err := keepalive.StoredRecord(value, keepalive.Options{Delay: time.Hour})
		require.NoError(t, err, name)
		require.Equal(t, value, again, name)
	}
	for _, text := range corruptRecords {
		_, err := keepalive.StoredRecord(unhex(t, text), keepalive.Options{})
		require.ErrorIs(t, err, store.ErrCorrupt, text)
	}
}

func FuzzStoredRecord(f *testing.F) {
	for _, text := range storedRecords {
		f.Add(unhex(f, text))
	}
	for _, text := range corruptRecords {
		f.Add(unhex(f, text))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		o := keepalive.Options{Delay: time.Hour}
		again, err := keepalive.StoredRecord(value, o)
		if err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt)
			return
		}
		twice, err := keepalive.StoredRecord(again, o)
		require.NoError(t, err)
		require.Equal(t, again, twice)
	})
}
