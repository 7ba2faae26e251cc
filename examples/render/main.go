// Command render renders a callback's template with the values of a message, or reads
// a rendered text back into values. It reads one JSON object per line:
//
//	{"id":"1","template":"{\"t\":{customData#temp}}","escape":"json","vars":{},"payloadConfig":"temp::int:8","data":"16"}
//	{"id":"2","template":"{device};{data}","escape":"text","match":"2C30EA;16"}
//
// and writes one for each:
//
//	{"id":"1","text":"{\"t\":22}","customData":{"temp":22}}
//	{"id":"2","vars":{"data":"16","device":"2C30EA"}}
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"strings"

	"github.com/go-sigfox/sigfox/template"
)

// maxLine is the length of the longest line that is read, in bytes.
const maxLine = 64 << 20

func main() {
	log.SetFlags(0)
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: render <requests.jsonl\n\nReads JSON lines, renders or matches their templates, writes JSON lines.")
	}
	flag.Parse()
	if err := run(os.Stdin, os.Stdout); err != nil {
		log.Fatal("render: ", err)
	}
}

// request is one line of input.
type request struct {
	ID            string                     `json:"id"`
	Template      string                     `json:"template"`
	Escape        string                     `json:"escape"`
	Vars          map[string]json.RawMessage `json:"vars"`
	Match         *string                    `json:"match"`
	PayloadConfig string                     `json:"payloadConfig"`
	Data          string                     `json:"data"`
}

// response is one line of output.
type response struct {
	ID         string                     `json:"id"`
	Text       *string                    `json:"text,omitempty"`
	Vars       map[string]json.RawMessage `json:"vars,omitzero"`
	CustomData map[string]template.Value  `json:"customData,omitzero"`
	Error      string                     `json:"error,omitempty"`
}

func run(in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		if err := enc.Encode(answer(lines.Bytes())); err != nil {
			return err
		}
		if err := w.Flush(); err != nil { // a program at the other end may wait for it
			return err
		}
	}
	return lines.Err()
}

func answer(line []byte) response {
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return response{ID: req.ID, Error: err.Error()}
	}
	res := response{ID: req.ID}
	if err := res.fill(&req); err != nil {
		return response{ID: req.ID, Error: err.Error()}
	}
	return res
}

func (res *response) fill(req *request) (err error) {
	place, err := placeOf(req)
	if err != nil {
		return err
	}
	tmpl, err := template.Parse(req.Template, template.Options{Place: place})
	if err != nil {
		return err
	}
	if res.CustomData, err = decode(req); err != nil {
		return err
	}
	if req.Match != nil {
		text := []byte(*req.Match)
		v := vars{text: text, json: place == template.JSON, values: map[string]json.RawMessage{}}
		res.Vars = v.values
		return tmpl.Match(text, v)
	}
	text, err := tmpl.Append(nil, values{req.Vars, res.CustomData, strings.ToLower(req.Data)})
	if err != nil {
		return err
	}
	s := string(text)
	res.Text = &s
	return nil
}

// placeOf tells where the template stands. "query" is a form or query
// (device={device}&...), and an address if it looks like one.
func placeOf(req *request) (template.Place, error) {
	switch req.Escape {
	case "json":
		return template.JSON, nil
	case "text", "":
		return template.Text, nil
	case "query":
		if strings.Contains(req.Template, "://") || strings.Contains(req.Template, "?") {
			return template.URL, nil
		}
		return template.Form, nil
	default:
		return 0, fmt.Errorf("escape %q is not json, query or text", req.Escape)
	}
}

// decode reads the custom payload, if there is one.
func decode(req *request) (map[string]template.Value, error) {
	if req.PayloadConfig == "" {
		return nil, nil
	}
	config, err := template.ParsePayloadConfig(req.PayloadConfig)
	if err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(req.Data)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return maps.Collect(config.Decode(data)), nil
}

// values are the variables of a request, its custom data and its payload, which is
// {data} if the variables have none.
type values struct {
	vars   map[string]json.RawMessage
	custom map[string]template.Value
	data   string
}

// AppendVar implements template.Source.
func (v values) AppendVar(dst []byte, name string) ([]byte, bool) {
	if raw, ok := v.vars[name]; ok {
		var s string
		if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
			return append(dst, s...), true
		}
		return append(dst, raw...), true
	}
	if name == "data" && v.data != "" {
		return append(dst, v.data...), true
	}
	field, _ := strings.CutPrefix(name, "customData#")
	value, ok := v.custom[field]
	if !ok || field == name {
		return dst, false
	}
	dst, _ = value.AppendText(dst)
	return dst, true
}

// vars takes the variables that were read. Those of JSON keep their type.
type vars struct {
	text   []byte
	json   bool
	values map[string]json.RawMessage
}

// SetVar implements template.Sink.
func (v vars) SetVar(name string, text []byte, offset int) error {
	if v.json && json.Valid(text) && !inString(v.text[:offset]) {
		v.values[name] = append(json.RawMessage(nil), text...)
		return nil
	}
	raw, err := json.Marshal(string(text))
	v.values[name] = raw
	return err
}

// inString reports whether JSON that starts with text goes on inside a string.
func inString(text []byte) bool {
	in := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			in = !in
		case '\\':
			i++
		}
	}
	return in
}
