package callback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// reading is one way in which customers' templates write a callback, and what it
// reads as: canonical JSON without its service, or an error.
type reading struct{ name, body, want string }

func testReadings(t *testing.T, s callback.Service, contentType string, tests []reading) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			messages, err := kinds[s].parse(callback.Input{ContentType: contentType, Body: []byte(tt.body)})
			if !strings.HasPrefix(tt.want, "{") {
				require.EqualError(t, err, tt.want)
				require.Empty(t, messages)
				return
			}
			require.NoError(t, err)
			require.Len(t, messages, 1)
			require.Equal(t, tt.want, strings.Replace(messages[0], `"service":"`+s.String()+`",`, "", 1))
		})
	}
}

func TestParser_scalars(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataBidir, "application/json", []reading{
		{"device in lower case", `{"device":"2c30ea"}`, `{"device":"2C30EA"}`},
		{"device padded", `{"device":"00000000002C30EA"}`, `callback: DATA/BIDIR: device at offset 10: "00000000002C30EA": too long`},
		{"device padded to eight", `{"device":"002C30EA"}`, `{"device":"2C30EA"}`},
		{"device of one digit", `{"device":"1"}`, `{"device":"1"}`},
		{"device of digits only, bare", `{"device":235}`, `{"device":"235"}`},
		{"device bare", `{"device":2C30EA}`, `{"device":"2C30EA"}`},
		{"device zero", `{"device":"000000"}`, `{"device":"0"}`},
		{"device largest", `{"device":"ffffffff"}`, `{"device":"FFFFFFFF"}`},
		{"device over 32 bits", `{"device":"1ffffffff"}`, `callback: DATA/BIDIR: device at offset 10: "1ffffffff": more than 32 bits`},
		{"device escaped", `{"device":"2C\u0033\u0030EA"}`, `{"device":"2C30EA"}`},

		{"time bare", `{"device":"1","time":1507396972}`, `{"device":"1","time":1507396972}`},
		{"time quoted", `{"device":"1","time":"1507396972"}`, `{"device":"1","time":1507396972}`},
		{"time in milliseconds", `{"device":"1","time":1507396972000}`, `{"device":"1","time":1507396972}`},
		{"time with zeros appended", `{"device":"1","time":"1507396972000"}`, `{"device":"1","time":1507396972}`},
		{"time as float", `{"device":"1","time":1507396972.0}`, `{"device":"1","time":1507396972}`},
		{"time with exponent", `{"device":"1","time":1.507396972e9}`, `{"device":"1","time":1507396972}`},
		{"time with fraction", `{"device":"1","time":"1507396972.75"}`, `{"device":"1","time":1507396972}`},
		{"time negative", `{"device":"1","time":-1}`, `callback: DATA/BIDIR: time at offset 21: "-1": out of range`},
		{"time as text", `{"device":"1","time":"noon"}`, `callback: DATA/BIDIR: time at offset 21: "noon": not an integer`},
		{"time as boolean", `{"device":"1","time":true}`, `callback: DATA/BIDIR: time at offset 21: "true": not an integer`},

		{"seqNumber quoted", `{"device":"1","seqNumber":"4095"}`, `{"device":"1","seqNumber":4095}`},
		{"seqNumber zero", `{"device":"1","seqNumber":0}`, `{"device":"1","seqNumber":0}`},
		{"seqNumber in hex", `{"device":"1","seqNumber":"007c"}`, `{"device":"1","seqNumber":124}`},
		{"seqNumber in hex of digits", `{"device":"1","seqNumber":"0100"}`, `{"device":"1","seqNumber":256}`},
		{"seqNumber in hex, bare", `{"device":"1","seqNumber":0fff}`, `{"device":"1","seqNumber":4095}`},
		{"seqNumber over 12 bits", `{"device":"1","seqNumber":4096}`, `{"device":"1","seqNumber":4096}`},
		{"seqNumber over 16 bits", `{"device":"1","seqNumber":65535}`, `callback: DATA/BIDIR: seqNumber at offset 26: "65535": out of range`},
		{"seqNumber with fraction", `{"device":"1","seqNumber":1.5}`, `callback: DATA/BIDIR: seqNumber at offset 26: "1.5": not an integer`},

		{"data in upper case", `{"device":"1","data":"010100C8"}`, `{"device":"1","data":"010100c8"}`},
		{"data of digits, bare", `{"device":"1","data":0101}`, `{"device":"1","data":"0101"}`},
		{"data bare", `{"device":"1","data":c8}`, `{"device":"1","data":"c8"}`},
		{"data of 12 bytes", `{"device":"1","data":"00112233445566778899aabb"}`, `{"device":"1","data":"00112233445566778899aabb"}`},
		{
			"data of 13 bytes", `{"device":"1","data":"00112233445566778899aabbcc"}`,
			`callback: DATA/BIDIR: data at offset 21: "00112233445566778899aabbcc": more than 12 bytes`,
		},
		{"data of half a byte", `{"device":"1","data":"0"}`, `callback: DATA/BIDIR: data at offset 21: "0": odd number of hex digits`},

		{"true", `{"device":"1","ack":true}`, `{"device":"1","ack":true}`},
		{"true in quotes", `{"device":"1","ack":"true"}`, `{"device":"1","ack":true}`},
		{"True of Python", `{"device":"1","ack":"True"}`, `{"device":"1","ack":true}`},
		{"True of Python, bare", `{"device":"1","ack":True}`, `{"device":"1","ack":true}`},
		{"FALSE", `{"device":"1","ack":"FALSE"}`, `{"device":"1","ack":false}`},
		{"1", `{"device":"1","ack":1}`, `{"device":"1","ack":true}`},
		{"0 in quotes", `{"device":"1","ack":"0"}`, `{"device":"1","ack":false}`},
		{"yes", `{"device":"1","ack":"yes"}`, `callback: DATA/BIDIR: ack at offset 20: "yes": not a boolean`},
		{"2", `{"device":"1","ack":2}`, `callback: DATA/BIDIR: ack at offset 20: "2": not a boolean`},

		{"rssi with zeros", `{"device":"1","rssi":-123.00}`, `{"device":"1","rssi":-123}`},
		{"rssi quoted", `{"device":"1","rssi":"-123.45"}`, `{"device":"1","rssi":-123.45}`},
		{"rssi with plus", `{"device":"1","rssi":"+3.5"}`, `{"device":"1","rssi":3.5}`},
		{"rssi with comma", `{"device":"1","rssi":"-123,45"}`, `callback: DATA/BIDIR: rssi at offset 21: "-123,45": not a number`},
		{"rssi infinite", `{"device":"1","rssi":"Inf"}`, `callback: DATA/BIDIR: rssi at offset 21: "Inf": not a number`},
		{"rssi too large", `{"device":"1","rssi":1e999}`, `callback: DATA/BIDIR: rssi at offset 21: "1e999": out of range`},
		{"rssi in an object", `{"device":"1","rssi":{"v":1}}`, `callback: DATA/BIDIR: rssi at offset 21: "{\"v\":1}": object or array instead of a value`},
		{"rssi in an array", `{"device":"1","rssi":[1]}`, `callback: DATA/BIDIR: rssi at offset 21: "[1]": object or array instead of a value`},

		{"station unpadded", `{"device":"1","station":"fed"}`, `{"device":"1","station":"0FED"}`},
		{"station of zeros", `{"device":"1","station":"0000"}`, `{"device":"1","station":"0000"}`},
		{"station of 32 bits", `{"device":"1","station":"76543210"}`, `{"device":"1","station":"76543210"}`},
		{"white space around", `{"device":" 2C30EA\n","time":" 5","seqNumber":"7 ","data":"\t01","ack":" true ","rssi":" -1.5 ","station":" FED ","lat":"  "}`, `{"device":"2C30EA","time":5,"data":"01","seqNumber":7,"ack":true,"rssi":-1.5,"station":"0FED"}`},
		{"white space inside", `{"device":"1","data":" 01 02 "}`, `callback: DATA/BIDIR: data at offset 21: "01 02": not a hex digit`},
		{"station as text", `{"device":"1","station":"north"}`, `callback: DATA/BIDIR: station at offset 24: "north": not a hex digit`},
	})
}

// Variables without value arrive in many guises.
func TestParser_absent(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`null`, `"null"`, `N/A`, `"N/A"`, `""`, `{rssi}`, `"{rssi}"`, `{customData#x}`, `"{customData#x}"`} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			body := []byte(`{"device":"1"`)
			for v := range callback.ServiceDataAdvanced.Variables() {
				if v.Name != "device" {
					body = fmt.Appendf(body, `,"%s":%s`, v.Name, value)
				}
			}
			body = fmt.Appendf(body, `,"undocumented":%s,"customData#x":%s}`, value, value)
			messages, err := kinds[callback.ServiceDataAdvanced].parse(callback.Input{Body: body})
			require.NoError(t, err)
			require.Equal(t, []string{`{"service":"SERVICE/DATA_ADVANCED","device":"1"}`}, messages)
		})
	}
	t.Run("device", func(t *testing.T) {
		t.Parallel()
		for body, reason := range map[string]string{
			``:                             ": missing: the request has no body",
			"\ufeff \n":                    ": missing: the request has no body",
			`{}`:                           ": missing" + notNamed,
			`{"device":""}`:                ` at offset 10: "": missing: null, N/A or a variable that was not replaced stands there`,
			`{"data":"00"}`:                ": missing",
			`{"device":null}`:              ` at offset 10: "null": missing: null, N/A or a variable that was not replaced stands there`,
			`{"device":"{device}"}`:        ` at offset 10: "{device}": missing: null, N/A or a variable that was not replaced stands there`,
			`{"device":"N/A","data":"00"}`: ` at offset 10: "N/A": missing: null, N/A or a variable that was not replaced stands there`,
		} {
			_, err := callback.ParseBody[callback.Uplink]("", []byte(body))
			require.ErrorIs(t, err, callback.ErrMissing, body)
			require.EqualError(t, err, "callback: DATA/UPLINK: device"+reason, body)
		}
	})
}

func TestParser_members(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataUplink, "application/json", []reading{
		{"last duplicate counts", `{"device":"1","data":"01","data":"02","device":"2"}`, `{"device":"2","data":"02"}`},
		{"last duplicate is null", `{"device":"1","data":"01","rssi":-1,"time":5,"seqNumber":7,"data":null,"rssi":"null","time":"","seqNumber":N/A}`, `{"device":"1"}`},
		{"device taken back", `{"device":"1","device":null}`, `callback: DATA/UPLINK: device at offset 23: "null": missing: null, N/A or a variable that was not replaced stands there`},
		{"value after null", `{"device":"1","data":null,"data":"02"}`, `{"device":"1","data":"02"}`},
		{"last undocumented duplicate counts", `{"device":"1","a":1,"a":"2"}`, `{"device":"1","extra":{"a":"2"}}`},

		{"unknown members kept", `{"device":"1","a":1.50,"b":"x","c":true,"d":word}`, `{"device":"1","extra":{"a":1.50,"b":"x","c":true,"d":"word"}}`},
		{"unknown objects compacted", "{\"device\":\"1\",\"a\": { \"b\" : [ 1 ,\n2 ] } }", `{"device":"1","extra":{"a":{"b":[1,2]}}}`},
		{"unknown with escapes", `{"device":"1","a\"b":"\u00e9\n\ud83d\ude00"}`, `{"device":"1","extra":{"a\"b":"é\n😀"}}`},
		{"unknown object that is no JSON", `{"device":"1","a":{"b":tru}}`, "callback: DATA/UPLINK: invalid JSON value at offset 18"},
		{"invalid UTF-8 in unknown value", "{\"device\":\"1\",\"a\":\"\xff\"}", "callback: DATA/UPLINK: invalid UTF-8 at offset 18"},
		{"invalid UTF-8 in unknown name", "{\"device\":\"1\",\"\xff\":1}", "callback: DATA/UPLINK: invalid UTF-8 at offset 18"},
		{"invalid UTF-8 in a text", "{\"device\":\"1\",\"deviceTypeId\":\"\xff\"}", "callback: DATA/UPLINK: deviceTypeId at offset 29: \"\\xff\": invalid UTF-8"},

		{
			"variables of other services", `{"device":"1","ack":"true","batt":"3.5","infoCode":"0","info":"x","duplicates":[{"bsId":"1"}],"severity":5}`,
			`{"device":"1","ack":true,"batt":3.5,"infoCode":0,"duplicates":[{"bsId":"1"}],"info":"x","extra":{"severity":5}}`,
		},
		{
			"variables of other services with values of their own", `{"device":"1","ack":"maybe","duplicates":"no","temp":{"c":1},"unwantedMsg":"x"}`,
			`{"device":"1","extra":{"ack":"maybe","duplicates":"no","temp":{"c":1},"unwantedMsg":"x"}}`,
		},

		{
			"custom data bare", `{"device":"1","customData#a":1,"customData#b":-2.5,"customData#c":false,"customData#d":18446744073709551615}`,
			`{"device":"1","customData":{"a":1,"b":-2.5,"c":false,"d":18446744073709551615}}`,
		},
		{"custom data quoted", `{"device":"1","customData#a":"1","customData#b":"open"}`, `{"device":"1","customData":{"a":"1","b":"open"}}`},
		{"custom data in an object", `{"device":"1","customData#a":[1]}`, `{"device":"1","extra":{"customData#a":[1]}}`},
		{"custom data without name", `{"device":"1","customData#":1}`, `{"device":"1","extra":{"customData#":1}}`},
		{"custom data in invalid UTF-8", "{\"device\":\"1\",\"customData#a\":\"\xff\"}", "callback: DATA/UPLINK: invalid UTF-8 at offset 29"},
	})
	testReadings(t, callback.ServiceStatus, "application/json", []reading{
		{"no custom data offered", `{"device":"1","customData#a":1}`, `{"device":"1","extra":{"customData#a":1}}`},
		{"payload of another service", `{"device":"1","data":"0A"}`, `{"device":"1","data":"0a"}`},
		{"no payload at all", `{"device":"1","data":"Message status"}`, `{"device":"1","extra":{"data":"Message status"}}`},
	})
}

func TestParser_renamedKeys(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataUplink, "application/json", []reading{
		{"deviceId", `{"deviceId":"2C30EA"}`, `{"device":"2C30EA"}`},
		{"id_modem", `{"id_modem":"BEF","data_str":"01","seq_number":12,"latitude":2,"longitude":3}`, `{"device":"BEF","data":"01","seqNumber":12,"lat":2,"lng":3}`},
		{"ep_id", `{"ep_id":"47ea","message_counter":"428","ul_payload":"07"}`, `{"device":"47EA","data":"07","seqNumber":428}`},
		{"seq_num", `{"device_id":"2C30EA","seq_num":12,"level":75}`, `{"device":"2C30EA","seqNumber":12,"extra":{"level":75}}`},
		{"frameNumber", `{"sigfoxId":"2C30EA","frameNumber":12,"dato":"01"}`, `{"device":"2C30EA","data":"01","seqNumber":12}`},
		{"other case", `{"DEVICE":"1","RSSI":-120,"Snr":9}`, `{"device":"1","rssi":-120,"snr":9}`},
		{"station names", `{"device":"1","statin":"0A5F"}`, `{"device":"1","station":"0A5F"}`},
		{"station-id", `{"device":"1","station-id":"0A5F"}`, `{"device":"1","station":"0A5F"}`},
		{"Station Id", `{"device":"1","Station Id":"0A5F"}`, `{"device":"1","station":"0A5F"}`},
		{"avgSignal and signal", `{"device":"1","avgSignal":"21.73","signal":"9.00"}`, `{"device":"1","snr":9,"avgSnr":21.73}`},
		{"white space around", `{"deviceId":" 1 ","seq":"12 ","latitude":" "}`, `{"device":"1","seqNumber":12,"extra":{"latitude":" "}}`},
		{"documented name first", `{"id":"5","device":"1"}`, `{"device":"1","extra":{"id":"5"}}`},
		{"documented name last", `{"timestamp":5,"device":"1","time":6}`, `{"device":"1","time":6,"extra":{"timestamp":5}}`},
		{"better rank first", `{"id":"5","deviceId":"1"}`, `{"device":"1","extra":{"id":"5"}}`},
		{"better rank does not fit", `{"deviceId":"my device","id":"5"}`, `{"device":"5","extra":{"deviceId":"my device"}}`},
		{"id is not a device id", `{"device":"1","id":"message-7"}`, `{"device":"1","extra":{"id":"message-7"}}`},
		{"documented name without value", `{"device":null,"id":"5"}`, `{"device":"5"}`},
		{"none fits", `{"deviceId":"my device"}`, `callback: DATA/UPLINK: device at offset 12: "my device": not a hex digit`},
		{"does not fit another variable", `{"device":"1","timestamp":"2026-01-01"}`, `{"device":"1","extra":{"timestamp":"2026-01-01"}}`},
		{"names that differ by case only", `{"device":"1","Type":"{customData#Type}","type":"{customData#type}","rssi":-1,"RSSI":-2}`, `{"device":"1","rssi":-1,"extra":{"RSSI":-2}}`},
		{"variables that are not offered", `{"device":"1","battery":3.5}`, `{"device":"1","extra":{"battery":3.5}}`},
		{"long names", `{"device":"1","a_name_longer_than_any_that_is_known":1}`, `{"device":"1","extra":{"a_name_longer_than_any_that_is_known":1}}`},
	})
	testReadings(t, callback.DataBidir, "application/json", []reading{
		{"bidirectional_flag", `{"ep_id":"1","bidirectional_flag":"false"}`, `{"device":"1","ack":false}`},
	})
	testReadings(t, callback.ServiceAcknowledge, "application/json", []reading{
		{"dl_success", `{"ep_id":"47a7","dl_success":"true","dl_status":"0"}`, `{"device":"47A7","infoCode":0,"downlinkAck":true}`},
	})
	testReadings(t, callback.ServiceDataAdvanced, "application/json", []reading{
		{"geolocation", `{"ep_id":"1","geolocation":{"lat":1,"lng":2,"status":1}}`, `{"device":"1","computedLocation":{"lat":1,"lng":2,"status":1}}`},
		{"location", `{"device":"1","location":{"lat":1,"lng":2,"radius":3}}`, `{"device":"1","computedLocation":{"lat":1,"lng":2,"radius":3}}`},
		{
			"location of another kind", `{"device":"1","location":{"type":"Point","coordinates":[1,2]}}`,
			`{"device":"1","extra":{"location":{"type":"Point","coordinates":[1,2]}}}`,
		},
		{"no location", `{"device":"1","location":[]}`, `{"device":"1","extra":{"location":[]}}`},
		{"country", `{"device":"1","operator":"SIGFOX_X","country":"710"}`, `{"device":"1","operatorName":"SIGFOX_X","countryCode":710}`},
		{"country of letters", `{"device":"1","country":"FRA"}`, `{"device":"1","extra":{"country":"FRA"}}`},
		{"geolocation of somebody else", `{"ep_id":"1","geolocation":"on"}`, `{"device":"1","extra":{"geolocation":"on"}}`},
	})
	require.Equal(t, "device", callback.RenamedKeys("device")[0])
	require.Contains(t, callback.RenamedKeys("station"), "statin")
	require.Empty(t, callback.RenamedKeys("none"))
	callback.RenamedKeys("device")[0] = "changed"
	require.Equal(t, "device", callback.RenamedKeys("device")[0])
}

func TestParser_nested(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.ServiceDataAdvanced, "application/json", []reading{
		{
			"location", `{"device":"1","computedLocation":{"lat":1.5,"lng":"2.5","radius":"300","source":7,"status":"1"}}`,
			`{"device":"1","computedLocation":{"lat":1.5,"lng":2.5,"radius":300,"source":7,"status":1}}`,
		},
		{"location without position", `{"device":"1","computedLocation":{"status":0}}`, `{"device":"1","computedLocation":{"status":0}}`},
		{"location with nulls", `{"device":"1","computedLocation":{"lat":null,"status":20,"placeIds":null}}`, `{"device":"1","computedLocation":{"status":20}}`},
		{"empty location", `{"device":"1","computedLocation":{}}`, `{"device":"1","computedLocation":{}}`},
		{"location as empty array", `{"device":"1","computedLocation":[ ],"seqNumber":5}`, `{"device":"1","seqNumber":5}`},
		{"location as quoted empty array", `{"device":"1","computedLocation":{"lat":1},"computedLocation":"[]"}`, `{"device":"1"}`},
		{"location in an array", `{"device":"1","computedLocation":[{"lat":1}]}`, `callback: SERVICE/DATA_ADVANCED: computedLocation at offset 33: "[{\"lat\":1}]": not a JSON object or array`},
		{"location quoted", `{"device":"1","computedLocation":"{\"lat\":1,\"lng\":2}"}`, `{"device":"1","computedLocation":{"lat":1,"lng":2}}`},
		{"placeIds", `{"device":"1","computedLocation":{"placeIds":["a","b"]}}`, `{"device":"1","computedLocation":{"placeIds":["a","b"]}}`},
		{"one place", `{"device":"1","computedLocation":{"placeIds":"a"}}`, `{"device":"1","computedLocation":{"placeIds":["a"]}}`},
		{"unknown members of location", `{"device":"1","computedLocation":{"lat":1,"city":{"n": 1}}}`, `{"device":"1","computedLocation":{"lat":1,"city":{"n":1}}}`},
		{"location as a word", `{"device":"1","computedLocation":"none"}`, `callback: SERVICE/DATA_ADVANCED: computedLocation at offset 33: "none": not a JSON object or array`},
		{"value in location", `{"device":"1","computedLocation":{"lat":"north"}}`, `callback: SERVICE/DATA_ADVANCED: computedLocation.lat at offset 40: "north": not a number`},
		{"broken location", `{"device":"1","computedLocation":{"lat":1`, `callback: SERVICE/DATA_ADVANCED: unexpected end at offset 41`},
		{"last location counts", `{"device":"1","computedLocation":{"lat":1,"radius":5},"computedLocation":{"lat":2}}`, `{"device":"1","computedLocation":{"lat":2}}`},
		{"location taken back", `{"device":"1","computedLocation":{"lat":1},"computedLocation":null}`, `{"device":"1"}`},

		{
			"duplicates", `{"device":"1","duplicates":[{"bsId":"27b9","rssi":"-138.0","nbRep":"2"},{"bsId":"1","rssi":-100,"nbRep":1,"snr":9.5}]}`,
			`{"device":"1","duplicates":[{"bsId":"27B9","rssi":-138,"nbRep":2},{"bsId":"0001","rssi":-100,"nbRep":1,"snr":9.5}]}`,
		},
		{"no duplicates", `{"device":"1","duplicates":[]}`, `{"device":"1","duplicates":[]}`},
		{"duplicates quoted", `{"device":"1","duplicates":"[{\"bsId\":\"27B9\"}]"}`, `{"device":"1","duplicates":[{"bsId":"27B9"}]}`},
		{"duplicates with more", `{"device":"1","duplicates":[{"bsId":"1","freq":868.1}]}`, `{"device":"1","duplicates":[{"bsId":"0001","freq":868.1}]}`},
		{"duplicates of numbers", `{"device":"1","duplicates":[1]}`, `callback: SERVICE/DATA_ADVANCED: duplicates at offset 28: "1": not a JSON object or array`},
		{"duplicates as object", `{"device":"1","duplicates":{}}`, `callback: SERVICE/DATA_ADVANCED: duplicates at offset 27: "{}": not a JSON object or array`},
		{"station in duplicates", `{"device":"1","duplicates":[{"bsId":"BS01"}]}`, `callback: SERVICE/DATA_ADVANCED: duplicates.bsId at offset 36: "BS01": not a hex digit`},
		{"duplicates taken back", `{"device":"1","duplicates":[{}],"duplicates":null}`, `{"device":"1"}`},

		{"lqi", `{"device":"1","lqi":"Good","linkQuality":"2"}`, `{"device":"1","lqi":"Good","linkQuality":2}`},
		{"lqi in capitals", `{"device":"1","lqi":"LIMIT"}`, `{"device":"1","lqi":"LIMIT"}`},
		{"linkQuality in words", `{"device":"1","linkQuality":"excellent"}`, `{"device":"1","linkQuality":3}`},
		{"linkQuality unknown", `{"device":"1","linkQuality":9}`, `{"device":"1","linkQuality":9}`},
		{"linkQuality is neither", `{"device":"1","linkQuality":"fine"}`, `callback: SERVICE/DATA_ADVANCED: linkQuality at offset 28: "fine": not an integer`},
		{"linkQuality out of range", `{"device":"1","linkQuality":256}`, `callback: SERVICE/DATA_ADVANCED: linkQuality at offset 28: "256": out of range`},
		{"lqi taken back", `{"device":"1","lqi":"Good","lqi":null,"operatorName":"x","operatorName":null}`, `{"device":"1"}`},
		{"invalid UTF-8 in a place", "{\"device\":\"1\",\"computedLocation\":{\"placeIds\":[\"\xff\"]}}", "callback: SERVICE/DATA_ADVANCED: computedLocation.placeIds at offset 45: \"[\\\"\\xff\\\"]\": invalid UTF-8"},
		{"invalid UTF-8 in a location", "{\"device\":\"1\",\"computedLocation\":{\"a\":\"\xff\"}}", "callback: SERVICE/DATA_ADVANCED: invalid UTF-8 at offset 38"},
		{"broken duplicates", `{"device":"1","duplicates":"[{]"}`, "callback: SERVICE/DATA_ADVANCED: member name expected at offset 29"},
		{"white space for duplicates", `{"device":"1","duplicates":" "}`, `{"device":"1"}`},
		{"status not an integer", `{"device":"1","computedLocation":{"status":"ok"}}`, `callback: SERVICE/DATA_ADVANCED: computedLocation.status at offset 43: "ok": not an integer`},
		{"countryCode in words", `{"device":"1","countryCode":"FR"}`, `callback: SERVICE/DATA_ADVANCED: countryCode at offset 28: "FR": not an integer`},
		{"countryCode out of range", `{"device":"1","countryCode":3000000000}`, `callback: SERVICE/DATA_ADVANCED: countryCode at offset 28: "3000000000": out of range`},
	})
	testReadings(t, callback.ServiceRepeater, "application/json", []reading{
		{"unknown bucket", `{"device":"1","unwantedMsg":16}`, `{"device":"1","unwantedMsg":16}`},
		{"bucket out of range", `{"device":"1","unwantedMsg":256}`, `callback: SERVICE/REPEATER: unwantedMsg at offset 28: "256": out of range`},
		{"bucket in words", `{"device":"1","wrongMsg":"few"}`, `callback: SERVICE/REPEATER: wrongMsg at offset 25: "few": not an integer`},
	})
	testReadings(t, callback.ServiceAcknowledge, "application/json", []reading{
		{"unknown infoCode", `{"device":"1","infoCode":99}`, `{"device":"1","infoCode":99}`},
		{"infoCode in words", `{"device":"1","infoCode":"Acked"}`, `callback: SERVICE/ACKNOWLEDGE: infoCode at offset 25: "Acked": not an integer`},
		{"texts taken back", `{"device":"1","infoMessage":"a","infoMessage":null,"downlinkAck":true,"downlinkAck":null}`, `{"device":"1"}`},
	})
	testReadings(t, callback.ErrorCallback, "application/json", []reading{
		{"station of another service", `{"device":"1","station":"fed"}`, `{"device":"1","station":"0FED"}`},
		{"no station at all", `{"device":"1","station":"north"}`, `{"device":"1","extra":{"station":"north"}}`},
		{"severity", `{"device":"1","severity":"WARN","info":"n\u00e9t"}`, `{"device":"1","info":"nét","severity":"WARN"}`},
		{"severity taken back", `{"device":"1","severity":"WARN","severity":null}`, `{"device":"1"}`},
	})
}
