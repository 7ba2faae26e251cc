package template_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// vector is a line of testdata/payloadconfig: a configuration that somebody
// uses, and in payloads.jsonl a message and the values that are known for it
// (null for a field that the message is too short for).
type vector struct {
	ID            string
	PayloadConfig string
	Data          string
	Expected      map[string]json.RawMessage
}

func (v vector) bytes(tb testing.TB) []byte {
	tb.Helper()
	b, err := hex.DecodeString(v.Data)
	require.NoError(tb, err)
	return b
}

func readVectors(tb testing.TB, name string) []vector {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "payloadconfig", name))
	require.NoError(tb, err)
	var all []vector
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var v vector
		require.NoError(tb, json.Unmarshal(s.Bytes(), &v))
		all = append(all, v)
	}
	return all
}

// decode returns the values of a message as JSON.
func decode(tb testing.TB, config string, data []byte) map[string]string {
	tb.Helper()
	got := map[string]string{}
	for name, v := range parseConfig(tb, config).Decode(data) {
		got[name] = string(v.AppendJSON(nil))
	}
	return got
}

// TestRecordedPayloads decodes messages of real devices and examples of vendors,
// libraries and the official documentation.
func TestRecordedPayloads(t *testing.T) {
	t.Parallel()
	differences := map[string]map[string]string{
		// The library that this test is from widens floats of 32 bits; the cloud does not (d-044).
		"d-013": {"Conductivity": "0.8465959"},
		// The official example of a bit offset prints 0x167890A: the bits from bit 1
		// on. All other sources, the text beside the example among them, start at the
		// bit that is named, which gives 0x567890A.
		"d-025": {"i2": "90671370"},
		// Configurations of an extension of the grammar: the conditions under which
		// fields are present are not part of them.
		"d-027": {"status": "6", "b1": "true", "b2": "true"},
		"d-028": {"i2": "4660"},
	}
	vectors := readVectors(t, "payloads.jsonl")
	require.Len(t, vectors, 88)
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			want := map[string]string{}
			for name, text := range v.Expected {
				if string(text) != "null" {
					want[name] = string(text)
				}
			}
			maps.Copy(want, differences[v.ID])
			require.Empty(t, cmp.Diff(want, decode(t, v.PayloadConfig, v.bytes(t))))
		})
	}
}

// TestRecordedConfigs parses the configurations of public repositories and guides.
func TestRecordedConfigs(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"a-061": "not name:index:type:size",                                                                 // pressure:uint:16 lacks a colon
		"a-128": `"/1000" is neither a byte order (little-endian, big-endian) nor a bit offset from 0 to 7`, // scaling (:/1000), an extension
	}
	vectors := readVectors(t, "configs.jsonl")
	require.Len(t, vectors, 42)
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			_, err := template.ParsePayloadConfig(v.PayloadConfig)
			if msg := refused[v.ID]; msg != "" {
				require.ErrorContains(t, err, msg)
				return
			}
			require.NoError(t, err)
		})
	}
}
