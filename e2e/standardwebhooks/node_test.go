package standardwebhooks_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// task is one line for interop.js.
type task struct {
	Op      string            `json:"op"`
	Key     string            `json:"key"`
	ID      string            `json:"id"`
	Time    int64             `json:"time"`
	Body    string            `json:"body"`
	Headers map[string]string `json:"headers,omitempty"`
}

// answer is what interop.js answers.
type answer struct {
	OK        bool   `json:"ok"`
	Signature string `json:"signature"`
}

// runNode has interop.js do the tasks.
func runNode(t *testing.T, tasks []task) []answer {
	t.Helper()
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, one := range tasks {
		require.NoError(t, encoder.Encode(one))
	}
	node := exec.CommandContext(t.Context(), "node", "interop.js")
	node.Stdin, node.Stderr = &in, os.Stderr
	out, err := node.Output()
	require.NoError(t, err)
	var answers []answer
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		var a answer
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &a))
		answers = append(answers, a)
	}
	require.Len(t, answers, len(tasks))
	return answers
}

// headersOf returns the headers of a signed request as node has them.
func headersOf(h http.Header) map[string]string {
	m := make(map[string]string)
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		m[name] = h.Get(name)
	}
	return m
}
