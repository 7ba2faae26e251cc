package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"json": {
			`{"id":"1","template":"{\"d\":\"{device}\",\"t\":{time},\"r\":{rssi},\"l\":{loc},\"n\":{none},\"q\":\"{none}\"}","escape":"json",` +
				`"vars":{"device":"2C\"30","time":12,"rssi":null,"loc":{"lat":1.5}}}`,
			`{"id":"1","text":"{\"d\":\"2C\\\"30\",\"t\":12,\"r\":null,\"l\":{\"lat\":1.5},\"n\":null,\"q\":\"{none}\"}"}`,
		},
		"query":         {`{"id":"2","template":"id={device}&x=<1>","escape":"query","vars":{"device":"a b&c"}}`, `{"id":"2","text":"id=a%20b%26c&x=<1>"}`},
		"address":       {`{"id":"3","template":"https://a.com/{device}?ack={ack}","escape":"query","vars":{"device":"a/b","ack":true}}`, `{"id":"3","text":"https://a.com/a%2Fb?ack=true"}`},
		"text":          {`{"id":"4","template":"{device} {data}","escape":"text","vars":{"device":"\u00e9\""}}`, `{"id":"4","text":"é\" {data}"}`},
		"no text":       {`{"id":"5","template":"","escape":"text","vars":{}}`, `{"id":"5","text":""}`},
		"custom data":   {`{"id":"6","template":"{\"t\":{customData#temp},\"on\":\"{customData#on}\",\"x\":\"{customData#x}\"}","escape":"json","payloadConfig":"temp::int:8 on::bool:6 name::char:2","data":"F04142"}`, `{"id":"6","text":"{\"t\":-16,\"on\":\"true\",\"x\":\"{customData#x}\"}","customData":{"name":"AB","on":true,"temp":-16}}`},
		"payload":       {`{"id":"16","template":"{data} {customData#t}","escape":"text","payloadConfig":"t::uint:8","data":"F0"}`, `{"id":"16","text":"f0 240","customData":{"t":240}}`},
		"own payload":   {`{"id":"17","template":"{data}","escape":"text","vars":{"data":"01"},"data":"F0"}`, `{"id":"17","text":"01"}`},
		"match json":    {`{"id":"7","template":"{\"d\":\"{device}\",\"t\":{time},\"l\":{loc},\"u\":\"x/{seq}\"}","escape":"json","match":"{\"t\":12,\"u\":\"x/\\\"5\",\"d\":\"34\",\"l\":{\"a\":[1]}}"}`, `{"id":"7","vars":{"device":"34","loc":{"a":[1]},"seq":"\"5","time":12}}`},
		"match text":    {`{"id":"8","template":"{device};{data}","escape":"text","match":"12;\"a\""}`, `{"id":"8","vars":{"data":"\"a\"","device":"12"}}`},
		"match nothing": {`{"id":"9","template":"a={b}","escape":"query","match":""}`, `{"id":"9","vars":{}}`},
		"not json":      {`{"id":"10"`, `{"id":"","error":"unexpected end of JSON input"}`},
		"bad escape":    {`{"id":"11","escape":"xml"}`, `{"id":"11","error":"escape \"xml\" is not json, query or text"}`},
		"bad template":  {`{"id":"12","template":"https://{x}/","escape":"query"}`, `{"id":"12","error":"template: variable {x} in the scheme, userinfo, host or port of a URL at offset 8"}`},
		"bad data":      {`{"id":"13","template":"","payloadConfig":"a::uint:8","data":"0"}`, `{"id":"13","error":"data: encoding/hex: odd length hex string"}`},
		"bad match":     {`{"id":"14","template":"a{x}","match":"b"}`, `{"id":"14","error":"template: match {x}: the text before it differs at offset 0"}`},
		"blank lines":   {"\n \n" + `{"id":"15"}` + "\n\n", `{"id":"15","text":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			require.NoError(t, run(strings.NewReader(c.in), &out))
			require.Equal(t, c.want+"\n", out.String())
		})
	}
	t.Run("bad payload config", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		require.NoError(t, run(strings.NewReader(`{"id":"1","payloadConfig":"a:b:c"}`), &out))
		require.Contains(t, out.String(), `{"id":"1","error":"template: `)
	})
	t.Run("long lines", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		long := strings.Repeat("x", 1<<20)
		require.NoError(t, run(strings.NewReader(`{"id":"1","template":"`+long+`"}`), &out))
		require.Contains(t, out.String(), long)
	})
}
