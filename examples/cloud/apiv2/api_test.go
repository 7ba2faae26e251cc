package apiv2_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/examples/cloud/apiv2"
)

// What the API of the tests starts with. Ids are counted.
const (
	group      = "000000000000000000000001"
	sensors    = "000000000000000000000002"
	uplinkID   = "000000000000000000000003"
	bidirID    = "000000000000000000000004"
	meters     = "000000000000000000000005"
	nobody     = "ffffffffffffffffffffffff"
	newID      = "000000000000000000000006"
	sensorPath = "/device-types/" + sensors
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

type api struct {
	registry    *routing.Registry
	undelivered *dispatch.UndeliveredLog
	changed     []string
	handler     http.Handler
}

func definition(s callback.Service) callback.Definition {
	return callback.Definition{
		Channel: callback.ChannelURL, Service: s, Enabled: true, Method: http.MethodPost, URL: "https://receiver.example/",
		ContentType: "application/json", BodyTemplate: `{"device":"{device}"}`, Headers: map[string]string{"X-A": "b"},
	}
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{}
	var err error
	ids := 0
	a.registry, err = routing.New(routing.Options{NewID: func() string { ids++; return fmt.Sprintf("%024d", ids) }})
	require.NoError(t, err)
	a.undelivered, err = dispatch.NewUndeliveredLog(dispatch.UndeliveredOptions{})
	require.NoError(t, err)
	_, err = a.registry.PutGroup(routing.Group{Name: "Group"})
	require.NoError(t, err)
	bidir := definition(callback.DataBidir)
	bidir.DownlinkHook = true
	_, err = a.registry.PutDeviceType(routing.DeviceType{
		Name: "Sensors", GroupID: group, KeepAlive: time.Hour, DownlinkMode: routing.DownlinkCallback, PayloadConfig: "t::int:16",
		Callbacks: []dispatch.TargetOptions{{Definition: definition(callback.DataUplink)}, {Definition: bidir}},
	})
	require.NoError(t, err)
	_, err = a.registry.PutDeviceType(routing.DeviceType{Name: "Meters", GroupID: group, DownlinkMode: routing.DownlinkNone})
	require.NoError(t, err)
	for n := range 250 {
		require.NoError(t, a.registry.PutDevice(routing.Device{ID: sigfox.DeviceID(0x100 + n), DeviceTypeID: meters, Name: "Meter"}))
	}
	require.NoError(t, a.registry.PutDevice(routing.Device{
		ID: 0x1A2B, DeviceTypeID: sensors, Name: "Sensor", Lat: sigfox.Some(48.2), Lng: sigfox.Some(16.4),
	}))
	a.handler = apiv2.New(apiv2.Options{
		Registry: a.registry, Undelivered: a.undelivered, Login: "login", Password: "password", Messages: messages, State: state,
		Dead:    func(id string) bool { return id == bidirID },
		Changed: func(id string) { a.changed = append(a.changed, id) },
	})
	return a
}

func state(d routing.Device) apiv2.DeviceState {
	if d.ID != 0x1A2B {
		return apiv2.DeviceState{}
	}
	return apiv2.DeviceState{
		LastCom: now, LinkQuality: sigfox.Some(sigfox.LinkGood), SeqNumber: sigfox.Some(sigfox.SeqNumber(7)),
	}
}

// messages returns one for each hour that is asked for, of three.
func messages(q apiv2.MessageQuery) (list []apiv2.Message) {
	for hour := range 3 {
		at := now.Add(-time.Duration(hour) * time.Hour)
		if at.Before(q.Since) || !q.Before.IsZero() && !at.Before(q.Before) {
			continue
		}
		list = append(list, apiv2.Message{
			Device: q.Device.Or(0x1A2B), Time: at, Data: "00ff", SeqNumber: sigfox.Some(sigfox.SeqNumber(7 - hour)),
			LinkQuality: sigfox.Some(sigfox.LinkGood), AckRequired: true, Frames: 3, Operator: "Operator", Downlink: "0011223344556677",
			Receptions: []apiv2.Reception{{Station: 0x1234, RSSI: -112.34567, SNR: 22.1, Frames: 2}, {Station: 0x1235, RSSI: -130, SNR: 9, Frames: 1}},
			Callbacks:  []dispatch.CallbackStatus{{Status: 200, Info: "OK", CbDef: "[POST] https://receiver.example/", Time: now}},
		})
	}
	return list
}

// do sends a request with the right credentials.
func (a *api) do(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	r.SetBasicAuth("login", "password")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

// get returns the body of a resource.
func (a *api) get(t *testing.T, path string) string {
	t.Helper()
	w := a.do(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	return w.Body.String()
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, user := range [][2]string{{"", ""}, {"login", "wrong"}, {"wrong", "password"}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/device-types", http.NoBody)
		if user[0] != "" {
			r.SetBasicAuth(user[0], user[1])
		}
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusUnauthorized, w.Code)
		require.Equal(t, `Basic realm="Sigfox API"`, w.Header().Get("WWW-Authenticate"))
		require.JSONEq(t, `{"message":"wrong login or password","errors":[]}`, w.Body.String())
	}
}

func TestDeviceTypes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const want = `{"id":"` + sensors + `","name":"Sensors","group":{"id":"` + group + `","name":"Group"},"downlinkMode":1,
		"payloadType":3,"payloadConfig":"t::int:16","keepAlive":3600,"automaticRenewal":true}`
	require.JSONEq(t, want, a.get(t, sensorPath))
	require.JSONEq(t, `{"data":[`+want+`],"paging":{}}`, a.get(t, "/device-types?name=sens"))
	require.JSONEq(t, `{"data":[],"paging":{}}`, a.get(t, "/device-types?name=x"))
	require.Contains(t, a.get(t, "/device-types/"), "Meters", "clients may end the path with a slash")
}

func TestDeviceTypes_update(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const body = `{"keepAlive":12000,"payloadType":3,"name":"MyNewName","payloadConfig":"Voltage_Value::uint:16:little-endian","downlinkMode":0,"downlinkDataString":"eeeeeeeeeeeeeeee","automaticRenewal":true}`
	require.Equal(t, http.StatusNoContent, a.do(t, http.MethodPut, sensorPath, body).Code)
	require.Equal(t, []string{sensors}, a.changed)
	got, _ := a.registry.DeviceType(sensors)
	require.Equal(t, "MyNewName", got.Name)
	require.Equal(t, 12000*time.Second, got.KeepAlive)
	require.Equal(t, "eeeeeeeeeeeeeeee", got.DownlinkData)
	require.Len(t, got.Callbacks, 2, "they stay")
	require.Equal(t, http.StatusNoContent, a.do(t, http.MethodPut, sensorPath, `{"payloadConfig":null}`).Code)
	require.Contains(t, a.get(t, sensorPath), `"payloadType":2`)

	for body, field := range map[string]string{
		`{"keepAlive":60}`: "keepAlive", `{"downlinkMode":9}`: "downlinkMode", `{"name":7}`: "name", `{`: "", `[]`: "",
	} {
		w := a.do(t, http.MethodPut, sensorPath, body)
		require.Equal(t, http.StatusBadRequest, w.Code, body)
		require.Equal(t, field, problems(t, w)[0].Field, body)
	}
}

// problems returns the errors of an answer.
func problems(t *testing.T, w *httptest.ResponseRecorder) []callback.DefinitionProblem {
	t.Helper()
	var p struct {
		Message string
		Errors  []callback.DefinitionProblem
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), w.Body)
	require.NotEmpty(t, p.Message)
	require.NotEmpty(t, p.Errors, w.Body)
	return p.Errors
}

func TestDevices(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.JSONEq(t, `{"id":"1A2B","name":"Sensor","deviceType":{"id":"`+sensors+`","name":"Sensors"},
		"group":{"id":"`+group+`","name":"Group"},"location":{"lat":48.2,"lng":16.4},"lastCom":1777896000000,"lqi":2,
		"sequenceNumber":7,"state":0,"comState":1,"prototype":false,"automaticRenewal":true}`, a.get(t, "/devices/1A2B"))
	require.JSONEq(t, a.get(t, "/devices/1A2B"), a.get(t, "/devices/00001a2b"), "ids come in any case and padding")
	require.Contains(t, a.get(t, "/devices/100"), `"comState":5`)
	require.Contains(t, a.get(t, "/devices?deviceTypeId="+sensors), `"data":[{"id":"1A2B"`)
}

func TestDevices_paging(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var ids []string
	for path := "/devices/?deviceTypeId=" + meters; path != ""; {
		var page struct {
			Data   []struct{ ID string }
			Paging struct{ Next string }
		}
		require.NoError(t, json.Unmarshal([]byte(a.get(t, path)), &page))
		require.LessOrEqual(t, len(page.Data), 100)
		for _, d := range page.Data {
			ids = append(ids, d.ID)
		}
		path = strings.TrimPrefix(page.Paging.Next, "http://127.0.0.1:8080/api/v2")
	}
	require.Len(t, ids, 250)
	require.Equal(t, "100", ids[0])
	require.Equal(t, "1F9", ids[249])
	require.Contains(t, a.get(t, "/devices?limit=1&offset=0"), `"1A2B"`)
	require.Contains(t, a.get(t, "/devices?limit=1&offset=250"), `"1F9"`)
	require.JSONEq(t, `{"data":[],"paging":{}}`, a.get(t, "/devices?offset=1000"))
	for query, field := range map[string]string{"limit=0": "limit", "limit=x": "limit", "offset=-1": "offset"} {
		w := a.do(t, http.MethodGet, "/devices?"+query, "")
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Equal(t, callback.DefinitionProblem{Type: "query", Field: field, Message: problems(t, w)[0].Message}, problems(t, w)[0])
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.JSONEq(t, `{"data":[{
		"device":{"id":"1A2B"},"time":1777896000000,"data":"00ff","seqNumber":7,"ackRequired":true,"lqi":2,"nbFrames":3,"operator":"Operator",
		"rinfos":[
			{"baseStation":{"id":"1234"},"rssi":-112.35,"snr":22.1,"rep":2,
			 "cbStatus":[{"status":200,"info":"OK","cbDef":"[POST] https://receiver.example/","time":1777896000000}]},
			{"baseStation":{"id":"1235"},"rssi":-130,"snr":9,"rep":1}],
		"downlinkAnswerStatus":{"data":"0011223344556677"}}],
		"paging":{"next":"http://127.0.0.1:8080/api/v2/devices/1A2B/messages?limit=1&offset=1"}}`,
		a.get(t, "/devices/1A2B/messages?limit=1"))
	count := func(path string) int { return strings.Count(a.get(t, path), `"ackRequired"`) }
	require.Equal(t, 3, count(sensorPath+"/messages"))
	ms := now.Add(-time.Hour).UnixMilli()
	require.Equal(t, 2, count(fmt.Sprintf("/devices/1A2B/messages?since=%d", ms)))
	require.Equal(t, 1, count(fmt.Sprintf("/devices/1A2B/messages?before=%d", ms)))
	for _, name := range []string{"since", "before"} {
		w := a.do(t, http.MethodGet, "/devices/1A2B/messages?"+name+"=yesterday", "")
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Equal(t, name, problems(t, w)[0].Field)
	}
}

func TestCallbacks_list(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const common = `"channel":"URL","callbackType":0,"enabled":true,"url":"https://receiver.example/","httpMethod":"POST",
		"headers":{"X-A":"b"},"sendSni":false,"contentType":"application/json","bodyTemplate":"{\"device\":\"{device}\"}"`
	require.JSONEq(t, `{"data":[
		{"id":"`+uplinkID+`","callbackSubtype":2,"dead":false,"downlinkHook":false,`+common+`},
		{"id":"`+bidirID+`","callbackSubtype":3,"dead":true,"downlinkHook":true,`+common+`}]}`,
		a.get(t, sensorPath+"/callbacks"))
	require.JSONEq(t, `{"data":[]}`, a.get(t, "/device-types/"+meters+"/callbacks"))
}

func TestCallbacks_life(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const path = sensorPath + "/callbacks/" + newID
	created := a.do(t, http.MethodPost, sensorPath+"/callbacks",
		`{"channel":"URL","callbackType":0,"callbackSubtype":3,"enabled":true,"url":"http://a.example/{device}","httpMethod":"GET","headers":{"X-A":"b"},"payloadConfig":"t::int:16","downlinkHook":true,"dead":true,"id":"x"}`)
	require.Equal(t, http.StatusCreated, created.Code, created.Body)
	require.JSONEq(t, `{"id":"`+newID+`"}`, created.Body.String())
	require.Equal(t, "/api/v2"+path, created.Header().Get("Location"))
	get := func() callback.Definition {
		o, found := a.registry.Callback(newID)
		require.True(t, found)
		return o.Definition
	}
	require.False(t, get().DownlinkHook, "that is not the client's to say")

	put := func(rest, body string) {
		w := a.do(t, http.MethodPut, path+rest, body)
		require.Equal(t, http.StatusNoContent, w.Code, "%s: %s", rest, w.Body)
		require.Empty(t, w.Body.String())
	}
	put("", `{"url":"http://b.example/{device}?t={customData#t}"}`)
	require.Equal(t, "http://b.example/{device}?t={customData#t}", get().URL)
	require.Equal(t, map[string]string{"X-A": "b"}, get().Headers, "what is not named stays")
	put("", `{"url":"http://b.example/","payloadConfig":null,"headers":null}`)
	require.Empty(t, get().Headers)
	require.Empty(t, get().PayloadConfig)
	put("/enable?enabled=false", "")
	require.False(t, get().Enabled)
	put("/enable?enabled=true", "")
	require.True(t, get().Enabled)
	put("/downlink", "{}")
	require.True(t, get().DownlinkHook)
	before, _ := a.registry.Callback(bidirID)
	require.False(t, before.Definition.DownlinkHook, "the one before is deselected")
	put("/", `{"enabled":false}`)
	require.Equal(t, http.StatusNoContent, a.do(t, http.MethodDelete, path, "").Code)
	_, found := a.registry.Callback(newID)
	require.False(t, found)
	require.Len(t, a.changed, 8)
}

func TestCallbacks_createEnabled(t *testing.T) {
	t.Parallel()
	for member, want := range map[string]bool{
		"": true, `"enabled":null,`: true, `"enabled":true,`: true, `"enabled":false,`: false,
	} {
		a := newAPI(t)
		w := a.do(t, http.MethodPost, sensorPath+"/callbacks",
			`{"channel":"URL","callbackType":0,"callbackSubtype":2,`+member+`"url":"http://a.example/{device}","httpMethod":"GET"}`)
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		o, found := a.registry.Callback(newID)
		require.True(t, found)
		require.Equal(t, want, o.Definition.Enabled, member)
	}
}

func TestCallbacks_errors(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, one := range map[string]struct {
		method, path, body string
		part, field        string
	}{
		"unknown variable": {
			http.MethodPost, sensorPath + "/callbacks",
			`{"channel":"URL","callbackType":0,"callbackSubtype":2,"enabled":true,"url":"http://a.example/","httpMethod":"POST","contentType":"application/json","bodyTemplate":"{\"a\":{nosuch}}"}`,
			"body", "bodyTemplate",
		},
		"no URL":               {http.MethodPost, sensorPath + "/callbacks", `{"channel":"URL","callbackType":0,"callbackSubtype":2,"enabled":true,"httpMethod":"GET"}`, "body", "url"},
		"wrong type of member": {http.MethodPost, sensorPath + "/callbacks", `{"channel":"URL","enabled":"perhaps"}`, "body", "enabled"},
		"no JSON":              {http.MethodPost, sensorPath + "/callbacks", `x`, "body", ""},
		"update":               {http.MethodPut, sensorPath + "/callbacks/" + uplinkID, `{"url":"nowhere"}`, "body", "url"},
		"update, no JSON":      {http.MethodPut, sensorPath + "/callbacks/" + uplinkID, `x`, "body", ""},
		"enable":               {http.MethodPut, sensorPath + "/callbacks/" + uplinkID + "/enable", ``, "query", "enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := a.do(t, one.method, one.path, one.body)
			require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
			p := problems(t, w)[0]
			require.Equal(t, one.part, p.Type)
			require.Equal(t, one.field, p.Field)
			require.NotEmpty(t, p.Message)
		})
	}
	w := a.do(t, http.MethodPut, sensorPath+"/callbacks/"+uplinkID+"/downlink", "{}")
	require.Equal(t, http.StatusBadRequest, w.Code, "it is no BIDIR callback")
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const foreign = "/device-types/" + meters + "/callbacks/" + uplinkID // it is of the sensors
	for _, path := range []string{
		"GET /contracts", "GET /device-types/" + nobody, "PUT /device-types/" + nobody, "GET /devices/9999", "GET /devices/x",
		"GET /devices/9999/messages", "GET /device-types/" + nobody + "/messages", "GET /device-types/" + nobody + "/callbacks",
		"POST /device-types/" + nobody + "/callbacks", "PUT " + foreign, "DELETE " + foreign, "PUT " + foreign + "/enable?enabled=true",
		"PUT " + foreign + "/downlink", "GET " + foreign + "/callbacks-not-delivered",
		"GET /device-types/" + nobody + "/callbacks-not-delivered", "GET /devices/9999/callbacks-not-delivered",
		"GET /groups/" + nobody + "/callbacks-not-delivered",
	} {
		method, path, _ := strings.Cut(path, " ")
		w := a.do(t, method, path, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"enabled":true,"url":"http://a.example/","httpMethod":"GET"}`)
		require.Equal(t, http.StatusNotFound, w.Code, "%s %s: %s", method, path, w.Body)
		require.Contains(t, w.Body.String(), `"errors":[]`)
	}
	require.Empty(t, a.changed)
}

func TestCallbacksNotDelivered(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	target, found := a.registry.Target(uplinkID)
	require.True(t, found)
	for n := range 3 {
		at := now.Add(time.Duration(n) * time.Hour)
		r, err := dispatch.NewRequest(target, callback.Uplink{Device: 0x1A2B, Time: at})
		require.NoError(t, err)
		r.Subject.DeviceTypeID, r.Subject.GroupID = sensors, group
		a.undelivered.Add(dispatch.Drop{Request: r, Attempts: []dispatch.Attempt{{Number: 1, Status: 500, Reason: dispatch.ReasonStatus}}, At: at})
	}
	list := func(path string) (times []int64) {
		var page struct {
			Data []struct {
				Time     int64
				Status   int
				Callback struct{ URL string }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(a.get(t, path+"/callbacks-not-delivered")), &page))
		for _, d := range page.Data {
			require.Equal(t, 500, d.Status)
			require.Equal(t, "https://receiver.example/", d.Callback.URL)
			times = append(times, d.Time)
		}
		return times
	}
	all := []int64{now.Add(2 * time.Hour).UnixMilli(), now.Add(time.Hour).UnixMilli(), now.UnixMilli()}
	for _, path := range []string{sensorPath, sensorPath + "/callbacks/" + uplinkID, "/devices/1A2B", "/groups/" + group} {
		require.Equal(t, all, list(path), path)
	}
	require.Empty(t, list("/devices/100"))
	require.Empty(t, list(sensorPath+"/callbacks/"+bidirID))
	page := a.get(t, sensorPath+"/callbacks-not-delivered?limit=1")
	require.Contains(t, page, `"next":"http://127.0.0.1:8080/api/v2`+sensorPath+`/callbacks-not-delivered?limit=1\u0026offset=1"`)
	w := a.do(t, http.MethodGet, sensorPath+"/callbacks-not-delivered?since=x", "")
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, "query", problems(t, w)[0].Type)
}

// TestCallbacks_asClientsSendThem creates what public clients and the documentation
// have been seen to send, and reads it back.
func TestCallbacks_asClientsSendThem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/definitions.jsonl")
	require.NoError(t, err)
	a := newAPI(t)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var one struct {
			From       string
			Definition json.RawMessage
			Refused    string // the field, if the documented rules do not allow it
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &one))
		w := a.do(t, http.MethodPost, sensorPath+"/callbacks", string(one.Definition))
		if one.Refused != "" {
			require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
			require.Equal(t, one.Refused, problems(t, w)[0].Field)
			continue
		}
		require.Equal(t, http.StatusCreated, w.Code, "%s: %s %s", one.From, one.Definition, w.Body)
		var made struct{ ID string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &made))
		o, found := a.registry.Callback(made.ID)
		require.True(t, found)
		var sent callback.Definition
		require.NoError(t, json.Unmarshal(one.Definition, &sent))
		require.Equal(t, sent.BodyTemplate, o.Definition.BodyTemplate, "some compare it")
		require.Equal(t, sent.URL, o.Definition.URL)
		if sent.Service == callback.DataBidir {
			require.Equal(t, http.StatusNoContent, a.do(t, http.MethodPut, sensorPath+"/callbacks/"+made.ID+"/downlink", "{}").Code)
		}
	}
}
