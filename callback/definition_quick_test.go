package callback_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"os"
	"testing"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

func try[M callback.Message](id string, d callback.Definition, canonical string) {
	var m M
	if err := json.Unmarshal([]byte(canonical), &m); err != nil {
		fmt.Println(id, "CANON", err)
		return
	}
	c, err := d.Compile()
	if err != nil {
		fmt.Println(id, "COMPILE", err)
		return
	}
	src := callback.SourceOf(&m, c)
	var out *callback.Outgoing
	if d.Channel == "BATCH_URL" {
		out, err = c.RenderBatch(iter.Seq[template.Source](func(y func(template.Source) bool) { _ = y(src) && y(src) }))
	} else {
		out, err = c.Render(src)
	}
	if err != nil {
		fmt.Println(id, "RENDER", err)
		return
	}
	u := out.URL
	if u == "" {
		u = "http://h/x"
	}
	req, err := http.NewRequest(out.Method, u, bytes.NewReader(out.Body))
	if err != nil {
		fmt.Println(id, "REQ", err, u)
		return
	}
	p, err := callback.NewParser[M](&d)
	if err != nil {
		fmt.Println(id, "PARSER", err)
		return
	}
	got, err := p.Append(nil, callback.Input{ContentType: out.Header.Get("Content-Type"), Query: req.URL.RawQuery, Path: req.URL.EscapedPath(), Header: out.Header, Body: out.Body})
	fmt.Println(id, d.Channel, out.Method, out.URL, string(out.Body))
	if err != nil {
		fmt.Println(id, "   READ ERR", err)
	}
	for _, g := range got {
		fmt.Println(id, "   ", string(g.AppendJSON(nil)))
	}
}

func TestDefQuick(t *testing.T) {
	f, _ := os.Open("../../shared/corpus/definitions.jsonl")
	if f == nil {
		f, _ = os.Open("/work/shared/corpus/definitions.jsonl")
	}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var r struct {
			ID, Callback string
			Definition   callback.Definition
		}
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			fmt.Println(err)
			continue
		}
		if err := r.Definition.Validate(); err != nil {
			fmt.Println(r.ID, "INVALID", err)
		}
		reception := `"rssi":-120.5,"snr":12.25,"station":"1D44","duplicate":false,"avgSnr":15.5,"lat":51,"lng":-1`
		data := `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt \"x\"","data":"d609912345603f0f8004223c","seqNumber":424`
		switch r.Callback {
		case "DATA/UPLINK":
			try[callback.Uplink](r.ID, r.Definition, `{`+data+`,`+reception+`}`)
		case "DATA/BIDIR":
			try[callback.Bidir](r.ID, r.Definition, `{`+data+`,`+reception+`,"ack":true,"longPolling":false}`)
		case "SERVICE/STATUS":
			try[callback.Status](r.ID, r.Definition, `{"device":"2C30EA","time":1546929254,"seqNumber":4,"batt":3.5,"temp":21.5,`+reception+`}`)
		case "SERVICE/GEOLOC":
			try[callback.Geoloc](r.ID, r.Definition, `{"device":"2C30EA","time":1546929254,"seqNumber":4,"radius":350,"geolocSource":2,`+reception+`}`)
		case "SERVICE/ACKNOWLEDGE":
			try[callback.Acknowledge](r.ID, r.Definition, `{"device":"2C30EA","time":1546929254,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,"downlinkOverusage":false}`)
		case "SERVICE/DATA_ADVANCED":
			try[callback.DataAdvanced](r.ID, r.Definition, `{`+data+`,"lqi":"Good","linkQuality":2,"fixedLat":0,"fixedLng":0,"operatorName":"SIGFOX_X","countryCode":702,"duplicates":[{"bsId":"27B9","rssi":-138,"nbRep":2}],"computedLocation":{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}}`)
		case "ERROR":
			try[callback.ErrorReport](r.ID, r.Definition, `{"device":"2C30EA","time":1546929254,"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"}`)
		default:
			fmt.Println(r.ID, "??", r.Callback)
		}
	}
}
