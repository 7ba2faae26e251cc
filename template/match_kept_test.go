package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// The cloud leaves names that it does not know as they are, also where that makes
// the text no JSON. Match gives them as they are written.
func TestMatch_keptName(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Parse(`{"id": "{device}", "n": {"t": {customData#temp-1}, "u": "{customData#u}"}}`, template.Options{Place: template.JSON})
	require.NoError(t, err)
	for name, text := range map[string]string{
		"as rendered":       `{"id": "1A", "n": {"t": {customData#temp-1}, "u": "{customData#u}"}}`,
		"in another layout": `{"n":{"u":"{customData#u}","t":{customData#temp-1}},"id":"1A"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := template.Map{}
			require.NoError(t, tmpl.Match([]byte(text), got))
			require.Equal(t, template.Map{"device": "1A", "customData#temp-1": "{customData#temp-1}", "customData#u": "{customData#u}"}, got)
		})
	}
	for _, text := range []string{
		`{"id": "1A", "n": {"t": {}`, `{"id": "1A", "n": {"t": {x`, `{"id": "1A", "n": {"t": {"x}`, `{"id": "1A", "n": {"t": {1}, "u": ""}}`,
	} {
		require.Error(t, tmpl.Match([]byte(text), template.Map{}), text)
	}
}
