package template_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"net/url"
	"strconv"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/valyala/fasttemplate"

	"github.com/go-sigfox/sigfox/template"
)

const (
	body     = `{"device":"{device}","time":{time},"data":"{data}","seq":{seqNumber},"op":"{operatorName}","lqi":"{lqi}"}`
	rendered = `{"device":"2C30EA","time":1546929254,"data":"d60991234560","seq":424,"op":"SIGFOX_Unabiz","lqi":"Good"}`
)

// buffer is an io.Writer that keeps its memory.
type buffer struct{ b []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.b = append(b.b, p...)
	return len(p), nil
}

// needsEscape holds the bytes that JSON strings escape.
var needsEscape = func() (t [256]bool) {
	for i := range t {
		t[i] = i < 0x20 || i >= 0x80 || i == '"' || i == '\\'
	}
	return t
}()

// appendString appends s, escaped for the inside of a JSON string.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if needsEscape[s[i]] {
			q := strconv.AppendQuote(nil, s)
			return append(dst, q[1:len(q)-1]...)
		}
	}
	return append(dst, s...)
}

// appendByHand is the template written out in Go for this one body.
func appendByHand(dst []byte, m *message) []byte {
	dst = append(dst, `{"device":"`...)
	dst = tableHexNumber(dst, m.device)
	dst = append(dst, `","time":`...)
	dst = tableUint(dst, uint64(m.time))
	dst = append(dst, `,"data":"`...)
	dst = tableHexBytes(dst, m.data)
	dst = append(dst, `","seq":`...)
	dst = tableUint(dst, m.seq)
	dst = append(dst, `,"op":"`...)
	dst = appendString(dst, m.operator)
	dst = append(dst, `","lqi":"`...)
	dst = appendString(dst, m.lqi)
	return append(dst, `"}`...)
}

// tableHexNumber is appendHexNumber, digit by digit.
func tableHexNumber(dst []byte, v uint32) []byte {
	n := (bits.Len32(v|1) + 3) / 4
	for shift := 4 * (n - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789ABCDEF"[v>>shift&0xf])
	}
	return dst
}

// tableHexBytes is appendHexBytes, byte by byte.
func tableHexBytes(dst, b []byte) []byte {
	for _, c := range b {
		dst = binary.LittleEndian.AppendUint16(dst, hexPairs[c])
	}
	return dst
}

// tableUint is appendUint, two digits at a time.
func tableUint(dst []byte, v uint64) []byte {
	var buf [20]byte
	i := len(buf)
	for v >= 100 {
		i -= 2
		binary.LittleEndian.PutUint16(buf[i:], decimalPairs[v%100])
		v /= 100
	}
	if v >= 10 {
		i -= 2
		binary.LittleEndian.PutUint16(buf[i:], decimalPairs[v])
	} else {
		i--
		buf[i] = '0' + byte(v)
	}
	return append(dst, buf[i:]...)
}

var decimalPairs = func() (t [100]uint16) {
	for i := range t {
		t[i] = uint16('0'+i/10) | uint16('0'+i%10)<<8
	}
	return t
}()

// tagFunc renders one tag of fasttemplate into a buffer that it keeps.
func tagFunc(m *message) fasttemplate.TagFunc {
	value := make([]byte, 0, 64)
	return func(w io.Writer, tag string) (int, error) {
		switch tag {
		case "device":
			value = appendHexNumber(value[:0], m.device)
		case "time":
			value = appendUint(value[:0], uint64(m.time))
		case "data":
			value = appendHexBytes(value[:0], m.data)
		case "seqNumber":
			value = appendUint(value[:0], m.seq)
		case "operatorName":
			value = appendString(value[:0], m.operator)
		case "lqi":
			value = appendString(value[:0], m.lqi)
		}
		return w.Write(value)
	}
}

// brackets turns a template into the syntax of fasttemplate: with braces it
// would take those of JSON for tags.
var brackets = strings.NewReplacer("{d", "[d", "{t", "[t", "{s", "[s", "{o", "[o", "{l", "[l",
	"e}", "e]", "a}", "a]", "r}", "r]", "i}", "i]")

// appendCandidates renders the body in all ways. Each function returns the text.
func appendCandidates(tb testing.TB) []candidate {
	tb.Helper()
	m := newMessage()
	src := newSource(m)
	dst := make([]byte, 0, 512)
	ours := parse(tb, body, template.JSON)
	fast := fasttemplate.New(brackets.Replace(body), "[", "]")
	tags := tagFunc(m)
	var w buffer
	text := texttemplate.Must(texttemplate.New("").Parse(
		`{"device":"{{.Device}}","time":{{.Time}},"data":"{{.Data}}","seq":{{.Seq}},"op":"{{.Operator}}","lqi":"{{.LQI}}"}`))
	s := struct {
		Device   string `json:"device"`
		Time     int64  `json:"time"`
		Data     string `json:"data"`
		Seq      int    `json:"seq"`
		Operator string `json:"op"`
		LQI      string `json:"lqi"`
	}{"2C30EA", m.time, "d60991234560", int(m.seq), m.operator, m.lqi}
	var buf bytes.Buffer
	return []candidate{
		{"ours", func() ([]byte, error) { return ours.Append(dst, src) }},
		{"ours-by-name", func() ([]byte, error) { return ours.Append(dst, m) }},
		{"hand", func() ([]byte, error) { return appendByHand(dst, m), nil }},
		{"fasttemplate", func() ([]byte, error) {
			w.b = dst
			_, err := fast.ExecuteFunc(&w, tags)
			return w.b, err
		}},
		{"text-template", func() ([]byte, error) {
			buf.Reset()
			err := text.Execute(&buf, &s)
			return buf.Bytes(), err
		}},
		{"encoding-json", func() ([]byte, error) { return json.Marshal(&s) }},
		{"fmt", func() ([]byte, error) {
			return fmt.Appendf(dst, `{"device":"%X","time":%d,"data":"%x","seq":%d,"op":"%s","lqi":"%s"}`,
				m.device, m.time, m.data, m.seq, m.operator, m.lqi), nil
		}},
	}
}

func urlCandidates(tb testing.TB) []candidate {
	tb.Helper()
	m := newMessage()
	src := newSource(m)
	dst := make([]byte, 0, 512)
	ours := parse(tb, address, template.URL)
	fast := fasttemplate.New(brackets.Replace(address), "[", "]")
	tags := tagFunc(m) // escapes for JSON, which is less work
	var w buffer
	return []candidate{
		{"ours", func() ([]byte, error) { return ours.Append(dst, src) }},
		{"ours-by-name", func() ([]byte, error) { return ours.Append(dst, m) }},
		{"fasttemplate", func() ([]byte, error) {
			w.b = dst
			_, err := fast.ExecuteFunc(&w, tags)
			return w.b, err
		}},
		{"url.Values", func() ([]byte, error) {
			v := url.Values{}
			v.Set("time", strconv.FormatInt(m.time, 10))
			v.Set("data", "d60991234560")
			v.Set("seq", strconv.Itoa(int(m.seq)))
			v.Set("op", m.operator)
			v.Set("lqi", m.lqi)
			return append(append(append(dst, "https://example.com/up/"...), "2C30EA?"...), v.Encode()...), nil
		}},
	}
}

const (
	address         = `https://example.com/up/{device}?data={data}&lqi={lqi}&op={operatorName}&seq={seqNumber}&time={time}`
	renderedAddress = `https://example.com/up/2C30EA?data=d60991234560&lqi=Good&op=SIGFOX_Unabiz&seq=424&time=1546929254`
)

func BenchmarkAppend(b *testing.B)         { runAll(b, appendCandidates(b), rendered) }
func BenchmarkAppendRatio(b *testing.B)    { runInTurns(b, appendCandidates(b)) }
func BenchmarkAppendURL(b *testing.B)      { runAll(b, urlCandidates(b), renderedAddress) }
func BenchmarkAppendURLRatio(b *testing.B) { runInTurns(b, urlCandidates(b)) }
