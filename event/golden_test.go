package event_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/event"
)

// TestKinds holds every known event to its golden file.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range event.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			page := strings.ReplaceAll(strings.ToLower(k.Name), " ", "-")
			if k.Source != "" {
				require.Equal(t, "https://support.sigfox.com/docs/"+page, k.Source)
			}
			e := parseOne(t, golden(t, "ev-"+page+".json"))
			require.Equal(t, k.Type, e.Type)
			if k.Severity != "" {
				require.Equal(t, k.Severity, e.Severity)
			}
			require.NotNil(t, e.Detail)
			require.Empty(t, e.Extra, "every documented member has its field")
		})
	}
}

// TestGolden holds the canonical JSON of every golden file.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.want.json")
	require.NoError(t, err)
	require.Greater(t, len(files), len(event.Kinds()))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".want.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			e := parseOne(t, golden(t, name+".json"))
			require.JSONEq(t, string(want), string(e.AppendJSON(nil)))
			requireIdentity(t, e)
		})
	}
}

func golden(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(body)
}

func parseOne(t *testing.T, body string) event.Event {
	t.Helper()
	events, err := event.Parse("", []byte(body))
	require.NoError(t, err)
	require.Len(t, events, 1)
	return events[0]
}

// requireIdentity requires that canonical JSON reads back as the same event, by
// Parse and through encoding/json, and that it is the same the next time.
func requireIdentity(t *testing.T, e event.Event) {
	t.Helper()
	canonical := e.AppendJSON(nil)
	require.True(t, json.Valid(canonical), "%s", canonical)
	again := parseOne(t, string(canonical))
	require.Equal(t, e, again, "%s", canonical)
	require.Equal(t, string(canonical), string(again.AppendJSON(nil)))

	marshaled, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, string(canonical), string(marshaled))
	var unmarshaled event.Event
	require.NoError(t, json.Unmarshal(canonical, &unmarshaled))
	require.Equal(t, e, unmarshaled)
}
