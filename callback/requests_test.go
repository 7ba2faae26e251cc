package callback_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// capture is a request that somebody published.
type capture struct {
	ID       string            `json:"id"`
	Callback callback.Service  `json:"callback"`
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	// Expect holds the values that are beyond doubt.
	Expect *struct {
		Messages []map[string]any `json:"messages"`
	} `json:"expect"`
}

func captures(t testing.TB) (list []capture) {
	t.Helper()
	f, err := os.Open("../testdata/requests.jsonl")
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c capture
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
		list = append(list, c)
	}
	require.NoError(t, lines.Err())
	return list
}

func (c *capture) request(t testing.TB) *http.Request {
	t.Helper()
	u, err := url.Parse(c.URL)
	require.NoError(t, err)
	r := &http.Request{
		Method: c.Method, URL: u, Header: make(http.Header),
		Body: io.NopCloser(strings.NewReader(c.Body)), ContentLength: int64(len(c.Body)),
	}
	for name, value := range c.Headers {
		r.Header.Set(name, value)
	}
	return r
}

// deliveries make a handler that tells the canonical JSON of what it reads.
var deliveries = map[callback.Service]func(*[]string, callback.Options) (http.Handler, error){
	callback.DataUplink:          delivery[callback.Uplink],
	callback.DataBidir:           delivery[callback.Bidir],
	callback.ServiceAcknowledge:  delivery[callback.Acknowledge],
	callback.ServiceDataAdvanced: delivery[callback.DataAdvanced],
	callback.ErrorCallback:       delivery[callback.ErrorReport],
}

func delivery[M callback.Message](got *[]string, o callback.Options) (http.Handler, error) {
	return callback.NewHandler(func(_ context.Context, m M) error {
		*got = append(*got, string(m.AppendJSON(nil)))
		return nil
	}, o)
}

// notNamed ends the errors of requests in which nothing has the name of a variable.
const notNamed = `: no variable stands under its name; other names, and text, need a definition`

// decided says what becomes of the requests whose values are not beyond doubt:
// canonical JSON, or the reason of a status 400.
var decided = map[string]string{
	"b-001": `callback: DATA/BIDIR: device at offset 42: "device1": not a hex digit`,
	"b-003": `callback: DATA/UPLINK: time at offset 5: "<now>": not an integer`,
	"b-004": `callback: DATA/UPLINK: time at offset 5: "<now>": not an integer`,
	"b-005": `callback: DATA/BIDIR: time at offset 5: "<now>": not an integer`,
	"b-006": `callback: DATA/BIDIR: time at offset 5: "<now>": not an integer`,
	"b-007": `callback: DATA/BIDIR: time at offset 5: "<now>": not an integer`,
	"b-008": `callback: DATA/BIDIR: time at offset 5: "<now>": not an integer`,
	"b-013": `callback: DATA/BIDIR: device at offset 9: "whatever": not a hex digit`,
	"b-014": `callback: DATA/BIDIR: device: missing: the request has no body`,
	"b-015": `callback: DATA/BIDIR: data at offset 87: "86970": odd number of hex digits`,
	"b-016": `callback: DATA/BIDIR: data at offset 87: "86970": odd number of hex digits`,
	"b-031": `callback: SERVICE/DATA_ADVANCED: member name expected at offset 416`,
	"b-033": `callback: SERVICE/DATA_ADVANCED: device at offset 75: "TEST123": not a hex digit`,
	"b-034": `callback: SERVICE/DATA_ADVANCED: device at offset 73: "LOC001": not a hex digit`,
	"b-035": `callback: SERVICE/DATA_ADVANCED: device at offset 75: "GPS001": not a hex digit`,
	"b-036": `callback: DATA/UPLINK: device at offset 59: "ERR001": not a hex digit`,
	"b-037": `callback: DATA/UPLINK: device at offset 3: "sigApp1": not a hex digit`,
	"b-038": `callback: DATA/UPLINK: device at offset 3: "unexistentApp": not a hex digit`,
	"b-039": `callback: DATA/UPLINK: data at offset 55: "<hex typed by the user>": not a hex digit`,
	"b-040": `callback: DATA/UPLINK: data at offset 58: "{\"campo1\": \"valor1\", \"campo2\":64}": more than 12 bytes`,
	"b-041": `callback: DATA/UPLINK: device at offset 3: "Thing001": not a hex digit`,
	"b-042": `callback: DATA/UPLINK: device: missing`,
	"b-043": `callback: DATA/UPLINK: device: missing` + notNamed,
	"b-049": `callback: DATA/UPLINK: data at offset 153: "hello world": not a hex digit`,
	"b-050": `callback: DATA/UPLINK: device: missing` + notNamed,
	"b-051": `callback: DATA/UPLINK: data at offset 25: "0": odd number of hex digits`,
	"b-052": `callback: DATA/BIDIR: data at offset 25: "0": odd number of hex digits`,
	"b-053": `callback: DATA/UPLINK: device: missing` + notNamed,
	"b-054": `{"service":"DATA/BIDIR","device":"BEF","time":123456,"data":"16f000000000000000000000","seqNumber":12,"ack":false,"longPolling":false,"rssi":23.45,"snr":10.23,"station":"0FED","duplicate":false,"avgSnr":10.23,"lat":2,"lng":2}`,
	"b-055": `{"service":"DATA/BIDIR","device":"BEF","time":123456,"data":"16f000000000000000000000","seqNumber":12,"ack":true,"longPolling":false,"rssi":23.45,"snr":10.23,"station":"0FED","duplicate":false,"avgSnr":10.23,"lat":2,"lng":2}`,
	"b-056": `callback: DATA/BIDIR: device: missing: the request has no body`,
	"b-057": `callback: DATA/UPLINK: device at offset 11: "Device 01": not a hex digit`,
	"b-058": `callback: DATA/UPLINK: data at offset 39: "Data 02": not a hex digit`,
	"b-060": `callback: DATA/UPLINK: device at offset 10: "N0D3ID1": not a hex digit`,
	"b-064": `callback: SERVICE/DATA_ADVANCED: device at offset 42: "<Device ID>": not a hex digit`,
	"b-065": `callback: SERVICE/ACKNOWLEDGE: device at offset 11: "<device ID>": not a hex digit`,
	"b-066": `callback: DATA/BIDIR: device at offset 47: "<your device ID>": too long`,
	"b-069": `callback: SERVICE/DATA_ADVANCED: value expected at offset 32`,
	"b-070": `callback: SERVICE/DATA_ADVANCED: device at offset 49: "<device ID>": not a hex digit`,
	"b-072": `callback: DATA/UPLINK: device at offset 16: "xxxxx": not a hex digit`,
	"b-073": `callback: DATA/UPLINK: device at offset 15: "xxxxxx": not a hex digit`,
	"b-078": `{"service":"DATA/BIDIR","device":"B445A9","time":1602167366,"deviceTypeId":"<deviceTypeId>","data":"be099471","seqNumber":486,"rssi":-119,"snr":13,"station":"2406","extra":{"apiKey":"<deviceTypeId>"}}`,
	"b-079": `{"service":"DATA/BIDIR","device":"B445A9","time":1602167366,"deviceTypeId":"<deviceTypeId>","data":"be099471","seqNumber":486,"ack":true,"rssi":-119,"snr":13,"station":"2406","extra":{"apiKey":"<deviceTypeId>"}}`,
	"b-080": `{"service":"DATA/UPLINK","device":"B445A9","time":1600674364,"deviceTypeId":"<deviceTypeId>","data":"ce20000046003f0f8004223c","seqNumber":49,"rssi":-128,"snr":6,"station":"93CF","extra":{"apiKey":"invalidKey"}}`,
	"b-081": `{"service":"SERVICE/DATA_ADVANCED","device":"B92A4","time":1606808070,"data":"01b7b6010101010101","computedLocation":{"lat":42.92188741630114,"lng":1.5906386969099215,"radius":30200,"source":2,"status":1},"customData":{"Modes":"1","bat":"-73","batEnv":"-74","tempbase":"1"}}`,
	"b-082": `{"service":"DATA/UPLINK","device":"2C321C","time":1500520476,"data":"20945376e9713269569a16cd","seqNumber":124,"rssi":-75,"snr":68.22,"station":"3A5F","avgSnr":73.13,"lat":-38,"lng":145}`,
	"b-083": `{"service":"ERROR","device":"235","time":1381410600}`,
	"b-084": `{"service":"DATA/BIDIR","device":"B445A9","time":1596721546,"data":"c6099764","seqNumber":1,"ack":false,"rssi":-123,"snr":12.53,"station":"37FF"}`,
	"b-095": `callback: DATA/UPLINK: data at offset 5: "00A0;1381766225;3b3616201e100000;": more than 12 bytes`,
	"b-097": `callback: DATA/UPLINK: object expected at offset 0`,
	"b-098": `callback: DATA/UPLINK: device: missing` + notNamed,
	"b-099": `callback: DATA/UPLINK: device: missing: the request has no body`,
	"b-101": `callback: DATA/UPLINK: data at offset 85: "{\"measurement\":\"unique_id\",\"fields\":{\"temperature\":21867,\"humidi": object or array instead of a value`,
}

// All requests that were found are read, or refused with a clear reason.
func TestCaptures(t *testing.T) {
	t.Parallel()
	list := captures(t)
	require.Len(t, list, 92)
	expected := 0
	for _, c := range list {
		if c.Expect != nil {
			expected++
		}
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			var got []string
			var refused error
			h, err := deliveries[c.Callback](&got, callback.Options{
				Verifier: callback.Unverified(),
				OnError:  func(info callback.ErrorInfo) int { refused = info.Err; return 0 },
			})
			require.NoError(t, err)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, c.request(t))

			if refused != nil {
				require.Equal(t, http.StatusBadRequest, w.Code)
				require.Empty(t, got)
				require.Equal(t, decided[c.ID], refused.Error())
				return
			}
			require.Equal(t, http.StatusNoContent, w.Code)
			if c.Expect == nil {
				require.Equal(t, []string{decided[c.ID]}, got)
				return
			}
			require.Len(t, got, len(c.Expect.Messages))
			for i, want := range c.Expect.Messages {
				var message map[string]any
				require.NoError(t, json.Unmarshal([]byte(got[i]), &message))
				for name, value := range want {
					require.Equal(t, value, message[name], name)
				}
			}
		})
	}
	require.Equal(t, 39, expected)
	require.Len(t, decided, len(list)-expected)
}
