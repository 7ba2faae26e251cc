package dispatch_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/template"
)

// The device type, group and callback of undelivered messages.
const (
	ownerID    = "5c187c222564327e80000000"
	ownerGroup = "5c187c222564327e80000001"
	cbID       = "5c187c222564327e80000002"
)

var undeliveredAt = time.Date(2019, 9, 20, 11, 52, 10, 0, time.UTC)

func newLog(t testing.TB, o dispatch.UndeliveredOptions) *dispatch.UndeliveredLog {
	t.Helper()
	l, err := dispatch.NewUndeliveredLog(o)
	require.NoError(t, err)
	return l
}

// dropOf makes a Drop of a message of device 1234AB by the definition, after one
// attempt.
func dropOf(t testing.TB, d callback.Definition, change ...func(*dispatch.Drop)) dispatch.Drop {
	t.Helper()
	if d.Channel == "" {
		d.Channel = callback.ChannelURL
	}
	if d.Service == 0 {
		d.Service = callback.DataUplink
	}
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: cbID, OwnerID: ownerID, Definition: d})
	require.NoError(t, err)
	data, err := sigfox.ParsePayload("0b7527bf052bffa9000403f5")
	require.NoError(t, err)
	s := dispatch.Subject{
		Service: d.Service, Device: 0x1234AB, DeviceTypeID: ownerID, GroupID: ownerGroup,
		Time: undeliveredAt, Data: data, SNR: sigfox.Some(22.19),
	}
	r, err := dispatch.NewSourceRequest(target, s, template.Map{
		"device": "1234AB", "time": "1568980330", "data": "0b7527bf052bffa9000403f5",
	})
	require.NoError(t, err)
	drop := dispatch.Drop{
		Request: r, Cause: dispatch.DropAttempts, At: undeliveredAt.Add(7 * time.Minute),
		Attempts: []dispatch.Attempt{{Number: 1, Status: 404, Reason: dispatch.ReasonStatus, Error: "status 404"}},
	}
	for _, f := range change {
		f(&drop)
	}
	return drop
}

func seenDefinition() callback.Definition {
	return callback.Definition{
		URL: "https://foo.com/api/dataadvanceda", Method: "POST", ContentType: "application/json",
		BodyTemplate: `{"device":"{device}","time":{time},"data":"{data}"}`,
	}
}

func about(device sigfox.DeviceID, at time.Time) func(*dispatch.Drop) {
	return func(d *dispatch.Drop) { d.Request.Subject.Device, d.Request.Subject.Time = device, at }
}

func ownedBy(deviceType string) func(*dispatch.Drop) {
	return func(d *dispatch.Drop) { d.Request.Subject.DeviceTypeID = deviceType }
}

func devicesOf(p dispatch.UndeliveredPage) (all []string) {
	for _, u := range p.Data {
		all = append(all, u.Device.String())
	}
	return all
}

func TestUndeliveredOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dispatch.UndeliveredOptions{
		"Max": {Max: -1}, "MaxPerOwner": {MaxPerOwner: -1}, "MaxBody": {MaxBody: -1},
	} {
		_, err := dispatch.NewUndeliveredLog(o)
		require.EqualError(t, err, "dispatch: UndeliveredOptions."+name+" is -1")
	}
}

func TestUndeliveredGolden(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	l := newLog(t, dispatch.UndeliveredOptions{Location: tokyo, DeviceURL: "https://api.sigfox.com/v2/devices/"})
	l.Add(dropOf(t, seenDefinition()))

	// As a real answer was seen.
	got, err := json.MarshalIndent(l.Page(dispatch.UndeliveredQuery{DeviceTypeID: ownerID}), "", "  ")
	require.NoError(t, err)
	requireGolden(t, "seen.json", got)

	// As documented, but for the types of the members, which are as in the other.
	got, err = json.MarshalIndent(l.Page(dispatch.UndeliveredQuery{GroupID: ownerGroup}), "", "  ")
	require.NoError(t, err)
	requireGolden(t, "group.json", got)
}

func requireGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "undelivered", name)
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got)+"\n", path)
}

func TestUndeliveredOrderAndFilters(t *testing.T) {
	t.Parallel()
	l := newLog(t, dispatch.UndeliveredOptions{})
	at := func(minutes int) time.Time { return undeliveredAt.Add(time.Duration(minutes) * time.Minute) }
	event := func(d *dispatch.Drop) { d.Request.Subject.DeviceTypeID, d.Request.Subject.GroupID = "", "" }
	l.Add(dropOf(t, seenDefinition(), about(1, at(1))))
	l.Add(dropOf(t, seenDefinition(), about(2, at(3))))
	l.Add(dropOf(t, seenDefinition(), about(3, at(2)))) // given up after a later message
	l.Add(dropOf(t, seenDefinition(), about(4, at(3))))
	l.Add(dropOf(t, seenDefinition(), about(5, at(0)), ownedBy("other")))
	l.Add(dropOf(t, callback.Definition{URL: "https://example.com", Service: callback.EventCallback}, about(6, at(-1)), event))
	l.Add(dropOf(t, seenDefinition(), about(7, at(-2)), event))
	require.Equal(t, 7, l.Len())

	for _, c := range []struct {
		name  string
		query dispatch.UndeliveredQuery
		want  []string
	}{
		{"all, the newest message first", dispatch.UndeliveredQuery{}, []string{"4", "2", "3", "1", "5", "6", "7"}},
		{"device", dispatch.UndeliveredQuery{Device: 3}, []string{"3"}},
		{"device type, that of the callback by default", dispatch.UndeliveredQuery{DeviceTypeID: ownerID}, []string{"4", "2", "3", "1", "7"}},
		{"other device type", dispatch.UndeliveredQuery{DeviceTypeID: "other"}, []string{"5"}},
		{"group", dispatch.UndeliveredQuery{GroupID: ownerGroup}, []string{"4", "2", "3", "1", "5"}},
		{"the owner of an EVENT callback is its group", dispatch.UndeliveredQuery{GroupID: ownerID}, []string{"6"}},
		{"callback", dispatch.UndeliveredQuery{CallbackID: cbID, Limit: 1}, []string{"4"}},
		{"unknown", dispatch.UndeliveredQuery{CallbackID: "none"}, nil},
		{"since, included", dispatch.UndeliveredQuery{Since: at(2)}, []string{"4", "2", "3"}},
		{"before, excluded", dispatch.UndeliveredQuery{Before: at(2)}, []string{"1", "5", "6", "7"}},
		{"between", dispatch.UndeliveredQuery{Since: at(1), Before: at(3)}, []string{"3", "1"}},
		{"page", dispatch.UndeliveredQuery{Limit: 2, Offset: 2}, []string{"3", "1"}},
		{"last page", dispatch.UndeliveredQuery{Limit: 2, Offset: 6}, []string{"7"}},
		{"negative offset", dispatch.UndeliveredQuery{Limit: 1, Offset: -1}, []string{"4"}},
		{"behind the last", dispatch.UndeliveredQuery{Offset: 100}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, devicesOf(l.Page(c.query)))
		})
	}
	empty, err := json.Marshal(l.Page(dispatch.UndeliveredQuery{CallbackID: "none"}))
	require.NoError(t, err)
	require.JSONEq(t, `{"data":[],"paging":{}}`, string(empty))
}

func TestUndeliveredPaging(t *testing.T) {
	t.Parallel()
	l := newLog(t, dispatch.UndeliveredOptions{})
	for i := range 250 {
		l.Add(dropOf(t, seenDefinition(), about(sigfox.DeviceID(i+1), undeliveredAt.Add(time.Duration(i)*time.Second))))
	}
	address, err := url.Parse("https://api.sigfox.com/v2/device-types/" + ownerID + "/callbacks-not-delivered?since=1")
	require.NoError(t, err)
	q := dispatch.UndeliveredQuery{DeviceTypeID: ownerID, URL: address, Before: undeliveredAt.Add(time.Hour)}
	require.NoError(t, q.ParseQuery(address.Query()))
	seen := 0
	for {
		p := l.Page(q)
		require.LessOrEqual(t, len(p.Data), 100, "the default limit")
		for _, u := range p.Data {
			require.EqualValues(t, 250-seen, u.Device)
			seen++
		}
		if p.Paging.Next == "" {
			break
		}
		next, err := url.Parse(p.Paging.Next)
		require.NoError(t, err)
		require.Equal(t, address.Path, next.Path)
		require.Equal(t, "1", next.Query().Get("since"))
		require.Equal(t, "1568983930000", next.Query().Get("before"))
		require.NoError(t, q.ParseQuery(next.Query()))
	}
	require.Equal(t, 250, seen)
	require.Equal(t, "?limit=100&offset=100", l.Page(dispatch.UndeliveredQuery{}).Paging.Next)
	require.Len(t, l.Page(dispatch.UndeliveredQuery{Limit: 1000}).Data, 100, "the most of the API")
}

func TestUndeliveredParseQuery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"since=1568980330000&before=1568980330001&limit=100&offset=2147483647", ""},
		{"since=yesterday", `dispatch: parameter since: "yesterday" is not a number from 0`},
		{"before=-1", "parameter before"},
		{"limit=0", "parameter limit"},
		{"limit=101", "parameter limit"},
		{"offset=-1", "parameter offset"},
		{"offset=2147483648", "parameter offset"},
		{"limit=x&offset=x", "parameter limit"},
	} {
		t.Run(c.query, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(c.query)
			require.NoError(t, err)
			var q dispatch.UndeliveredQuery
			err = q.ParseQuery(values)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			if c.query != "" {
				require.Equal(t, undeliveredAt, q.Since)
				require.Equal(t, undeliveredAt.Add(time.Millisecond), q.Before)
			}
		})
	}
}

func TestUndeliveredBounds(t *testing.T) {
	t.Parallel()
	l := newLog(t, dispatch.UndeliveredOptions{MaxPerOwner: 3, Max: 5, MaxBody: 10})
	add := func(n int, owner string) {
		l.Add(dropOf(t, seenDefinition(), about(sigfox.DeviceID(n), undeliveredAt.Add(time.Duration(n)*time.Minute)), ownedBy(owner)))
	}
	for n := range 10 {
		add(n+1, "noisy")
	}
	require.Equal(t, []string{"A", "9", "8"}, devicesOf(l.Page(dispatch.UndeliveredQuery{})))
	add(11, "quiet")
	add(12, "quiet")
	require.Equal(t, 5, l.Len())
	add(13, "quiet")
	require.Equal(t, []string{"D", "C", "B", "A", "9"}, devicesOf(l.Page(dispatch.UndeliveredQuery{})), "the oldest of all has left")
	for n := range 3 {
		add(14+n, "third")
	}
	require.Equal(t, []string{"10", "F", "E", "D", "C"}, devicesOf(l.Page(dispatch.UndeliveredQuery{})))
	add(17, "noisy")
	require.Equal(t, []string{"11"}, devicesOf(l.Page(dispatch.UndeliveredQuery{DeviceTypeID: "noisy"})))
	require.Equal(t, `{"device":`, l.Page(dispatch.UndeliveredQuery{}).Data[0].Callback.Body, "bodies are cut")
	l.Add(dropOf(t, callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com", Subject: "1234567é", Message: "123456789é"}))
	require.Equal(t, dispatch.UndeliveredCallback{Subject: "1234567é", Message: "123456789"}, l.Page(dispatch.UndeliveredQuery{Device: 0x1234AB}).Data[0].Callback)
}
