package callback_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/go-sigfox/sigfox/callback"
)

func one[M callback.Message](in callback.Input) string {
	var p callback.Parser[M]
	ms, err := p.Append(nil, in)
	s := ""
	for _, m := range ms {
		s += string(m.AppendJSON(nil))
	}
	if err != nil {
		s += " ERR " + err.Error()
	}
	return s
}

func TestQuick(t *testing.T) {
	f, _ := os.Open("../testdata/requests.jsonl")
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var r struct {
			ID, Callback, Method, URL, Body string
			Headers                         map[string]string
			Expect                          json.RawMessage
		}
		json.Unmarshal(sc.Bytes(), &r)
		u, _ := url.Parse(r.URL)
		in := callback.Input{ContentType: r.Headers["Content-Type"], Query: u.RawQuery, Body: []byte(r.Body)}
		var s string
		switch r.Callback {
		case "DATA/UPLINK":
			s = one[callback.Uplink](in)
		case "DATA/BIDIR":
			s = one[callback.Bidir](in)
		case "SERVICE/DATA_ADVANCED":
			s = one[callback.DataAdvanced](in)
		case "SERVICE/ACKNOWLEDGE":
			s = one[callback.Acknowledge](in)
		case "ERROR":
			s = one[callback.ErrorReport](in)
		default:
			s = "??" + r.Callback
		}
		fmt.Println(r.ID, r.Expect != nil, s)
	}
}

const adv = `{"device":"2C30EA","time":"1546929254","data":"d609912345603f0f8004223c","seqNumber":"424","lqi":"Good","linkQuality":2,"fixedLat":"0.0","fixedLng":"0.0","operatorName":"SIGFOX_Singapore_Unabiz","countryCode":"702","computedLocation":{"lat":1.2763981,"lng":103.7973329,"radius":2447,"source":2,"status":1}}`

func BenchmarkAdv(b *testing.B) {
	var p callback.Parser[callback.DataAdvanced]
	body := []byte(adv)
	b.ReportAllocs()
	dst := make([]callback.DataAdvanced, 0, 1)
	for b.Loop() {
		var err error
		dst, err = p.Append(dst[:0], callback.Input{ContentType: "application/json", Body: body})
		if err != nil {
			b.Fatal(err)
		}
	}
}
