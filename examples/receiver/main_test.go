package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const requests = "../../testdata/requests.jsonl"

// expectation is the part of a replay line that tells what must be read from it.
type expectation struct {
	ID     string `json:"id"`
	Expect *struct {
		Messages []map[string]any `json:"messages"`
	} `json:"expect"`
}

// Every recorded request is answered: with the values that are known, or else
// decoded or refused with a reason.
func TestReplay(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-replay", requests, "-once"}, &out, io.Discard))
	answers := bufio.NewScanner(&out)
	f, err := os.Open(requests)
	require.NoError(t, err)
	defer f.Close()
	expected := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var want expectation
		require.NoError(t, json.Unmarshal(lines.Bytes(), &want))
		require.True(t, answers.Scan(), want.ID)
		var got struct {
			ID       string           `json:"id"`
			Status   int              `json:"status"`
			Messages []map[string]any `json:"messages"`
			Error    string           `json:"error"`
		}
		require.NoError(t, json.Unmarshal(answers.Bytes(), &got))
		require.Equal(t, want.ID, got.ID)
		if want.Expect == nil {
			require.Equal(t, got.Status != http.StatusBadRequest, len(got.Messages) > 0, got.ID)
			require.Equal(t, got.Status == http.StatusBadRequest, got.Error != "", got.ID)
			continue
		}
		expected++
		require.Less(t, got.Status, 300, got.ID)
		require.Len(t, got.Messages, len(want.Expect.Messages), got.ID)
		for i, m := range want.Expect.Messages {
			for name, value := range m {
				require.Equal(t, value, got.Messages[i][name], "%s: %s", got.ID, name)
			}
		}
	}
	require.Equal(t, 39, expected)
	require.False(t, answers.Scan())
}

// More requests, some with the definition by which they were sent, are answered as the
// file says. Messages are compared whole.
func TestReplay_more(t *testing.T) {
	t.Parallel()
	const file = "../../testdata/more-requests.jsonl"
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-replay", file, "-once", "-downlink", "0011223344556677"}, &out, io.Discard))
	answers := json.NewDecoder(&out)
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	requests := json.NewDecoder(f)
	count := 0
	for ; requests.More(); count++ {
		var want struct {
			ID     string `json:"id"`
			Expect line   `json:"expect"`
		}
		require.NoError(t, requests.Decode(&want))
		var got line
		require.NoError(t, answers.Decode(&got))
		require.Equal(t, want.ID, got.ID)
		want.Expect.ID = want.ID
		wanted, err := json.Marshal(want.Expect)
		require.NoError(t, err)
		answer, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(wanted), string(answer), want.ID)
	}
	require.Equal(t, 135, count)
}

// replay delivers lines and returns what was printed for them.
func replay(t *testing.T, lines []string, flags ...string) []line {
	t.Helper()
	file := filepath.Join(t.TempDir(), "replay.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), append([]string{"-replay", file, "-once"}, flags...), &out, io.Discard))
	var answers []line
	decoder := json.NewDecoder(&out)
	for decoder.More() {
		var l line
		require.NoError(t, decoder.Decode(&l))
		answers = append(answers, l)
	}
	return answers
}

func TestReplay_downlink(t *testing.T) {
	t.Parallel()
	got := replay(t, []string{
		`{"id":"1","callback":"DATA/BIDIR","method":"POST","url":"/","body":"{\"device\":\"0cb3\",\"ack\":\"true\"}"}`,
		`{"id":"2","callback":"DATA/BIDIR","method":"GET","url":"http://h/p?device=0CB3&ack=false"}`,
	}, "-downlink", "0011223344556677")
	require.Equal(t, []line{
		{
			ID: "1", Status: 200, Reply: `{"0cb3":{"downlinkData":"0011223344556677"}}`,
			Messages: []json.RawMessage{[]byte(`{"service":"DATA/BIDIR","device":"CB3","ack":true}`)},
		},
		{
			ID: "2", Status: 204,
			Messages: []json.RawMessage{[]byte(`{"service":"DATA/BIDIR","device":"CB3","ack":false}`)},
		},
	}, got)
}

func TestReplay_definition(t *testing.T) {
	t.Parallel()
	got := replay(t, []string{
		`{"id":"1","callback":"DATA/UPLINK","method":"POST","url":"/a/2C30EA/b","body":"{\"n\":{\"t\":215}}",` +
			`"definition":{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/a/{device}/b",` +
			`"contentType":"application/json","bodyTemplate":"{\"n\":{\"t\":{customData#temp}}}","payloadConfig":"temp::int:16"}}`,
		`{"id":"2","callback":"DATA/UPLINK","method":"POST","url":"/batch","body":"2C30EA;1546929254\r\n2C30EB;1546929255",` +
			`"definition":{"channel":"BATCH_URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/batch","linePattern":"{device};{time}"}}`,
		`{"id":"3","callback":"DATA/UPLINK","body":"1;5\n2\n3;6\nz;7","definition":{"linePattern":"{device};{time}"}}`,
	})
	require.Len(t, got, 3)
	require.JSONEq(t, `{"service":"DATA/UPLINK","device":"2C30EA","customData":{"temp":215}}`, string(got[0].Messages[0]))
	require.Len(t, got[1].Messages, 2)
	require.JSONEq(t, `{"service":"DATA/UPLINK","device":"2C30EB","time":1546929255}`, string(got[1].Messages[1]))
	require.Len(t, got[2].Messages, 2)
	require.Regexp(t, `^callback: DATA/UPLINK line 2: .*\ncallback: DATA/UPLINK line 4: .*$`, got[2].Error, "all that is skipped is told")
}

// What cannot be delivered is a line too.
func TestReplay_undeliverable(t *testing.T) {
	t.Parallel()
	for _, l := range replay(t, []string{
		`no JSON`,
		`{"id":"2","callback":"DATA/OTHER"}`,
		`{"id":"3","callback":"DATA/UPLINK","method":"A B","url":"/"}`,
		`{"id":"4","callback":"DATA/UPLINK","url":"/","definition":{"url":"http://h/","payloadConfig":"::"}}`,
	}) {
		require.Equal(t, http.StatusBadRequest, l.Status)
		require.NotEmpty(t, l.Error)
	}
}

// lineWriter sends what is written to it.
type lineWriter chan []byte

func (w lineWriter) Write(b []byte) (int, error) {
	w <- bytes.Clone(b)
	return len(b), nil
}

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := make(lineWriter, 1), make(lineWriter, 1)
	ended := make(chan error)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-token", "t"}, stdout, stderr) }()
	url := strings.TrimSuffix(strings.Fields(string(<-stderr))[2], ",")

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/event", strings.NewReader(`{"eventType":"SUSPEND","sourceId":"2C30EA"}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer t")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	var l line
	require.NoError(t, json.Unmarshal(<-stdout, &l))
	require.Len(t, l.Messages, 1)
	require.Contains(t, string(l.Messages[0]), `"service":"EVENT"`)

	cancel()
	require.NoError(t, <-ended)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), []string{"-downlink", "00"}, io.Discard, io.Discard), "-downlink")
	require.Error(t, run(t.Context(), []string{"-replay", "missing", "-once"}, io.Discard, io.Discard))
	require.Error(t, run(t.Context(), []string{"-addr", "256.0.0.1:0"}, io.Discard, io.Discard))
	require.NoError(t, run(t.Context(), []string{"-h"}, io.Discard, io.Discard))
}
