// Package sigfoxparser_test compares the payload decoder of package template with
// the npm package sigfox-parser by Waylay.
package sigfoxparser_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// message is a configuration, a message, and what sigfox-parser makes of it.
type message struct {
	Config string `json:"config"`
	Hex    string `json:"hex"`
	theirs map[string]any
}

// TestAgainstSigfoxParser decodes generated and real configurations with both
// decoders. Every field must have the same value, or be left out by both, unless
// one of the differences that explain knows applies to it. Each of these
// differences must be seen, so that none outlives its cause.
func TestAgainstSigfoxParser(t *testing.T) {
	messages := append(generate(2000), recorded(t)...)
	runNode(t, messages)

	same := 0
	seen := map[difference]int{}
	for _, m := range messages {
		config, err := template.ParsePayloadConfig(m.Config)
		require.NoError(t, err, m.Config)
		data, err := hex.DecodeString(m.Hex)
		require.NoError(t, err)
		ours := maps.Collect(config.Decode(data))
		reader := newReader(m.Config)
		for f := range config.Fields() {
			value, decoded := ours[f.Name]
			theirs, present := m.theirs[f.Name]
			why := reader.explain(f, data, present)
			switch equal := decoded == present && equal(value, theirs); {
			case !equal && why == none:
				t.Errorf("unexplained: %s of %q on %s: %q, sigfox-parser %q", f.Name, m.Config, m.Hex, value, theirs)
			case !equal:
				seen[why]++
			case why == none:
				same++
			}
		}
	}
	t.Logf("%d messages, %d fields where nothing may differ; differences: %v", len(messages), same, seen)
	require.Greater(t, same, 4000)
	for _, d := range differences {
		require.NotZero(t, seen[d], "difference does not exist any more: %s", d)
	}
}

// equal compares a value with what JSON holds of a JavaScript value: every
// number is a float64 (floats of 32 bits are widened to it), NaN and the
// infinities are null.
func equal(ours template.Value, theirs any) bool {
	switch theirs := theirs.(type) {
	case float64:
		f, ok := ours.Float()
		return ok && f == theirs
	case bool:
		return ours == template.BoolValue(theirs)
	case string:
		return ours == template.TextValue(theirs)
	default:
		return string(ours.AppendJSON(nil)) == "null"
	}
}

// runNode lets sigfox-parser decode all messages.
func runNode(t *testing.T, messages []message) {
	t.Helper()
	var in, out, failure bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, m := range messages {
		require.NoError(t, lines.Encode(m))
	}
	node := exec.CommandContext(t.Context(), "node", "decode.js")
	node.Stdin, node.Stdout, node.Stderr = &in, &out, &failure
	require.NoError(t, node.Run(), "needs node and 'npm ci'; e2e/run does both: %s", &failure)
	results := json.NewDecoder(&out)
	for i := range messages {
		require.NoError(t, results.Decode(&messages[i].theirs))
	}
}

// recorded returns the real configurations, with their messages if those are
// known and with one message for all if not.
func recorded(t *testing.T) []message {
	t.Helper()
	var all []message
	for _, name := range []string{"payloads.jsonl", "configs.jsonl"} {
		f, err := os.Open("../../template/testdata/payloadconfig/" + name)
		require.NoError(t, err)
		for s := bufio.NewScanner(f); s.Scan(); {
			var line struct{ PayloadConfig, Data string }
			require.NoError(t, json.Unmarshal(s.Bytes(), &line))
			m := message{Config: line.PayloadConfig, Hex: line.Data}
			if m.Hex == "" {
				m.Hex = "c123456789abcdef41427f01"
			}
			if _, err := template.ParsePayloadConfig(m.Config); err == nil {
				all = append(all, m)
			}
		}
		require.NoError(t, f.Close())
	}
	require.Greater(t, len(all), 80)
	return all
}

// parts returns the text between the colons of each field, by name.
func parts(config string) map[string][]string {
	all := map[string][]string{}
	for field := range strings.FieldsSeq(config) {
		p := strings.Split(field, ":")
		all[p[0]] = p
	}
	return all
}

// index returns the byte index that a field has in the configuration, -1 if none.
func index(parts []string) int {
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return -1
	}
	return n
}
