package apiv2

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// deviceType is the resource of a device type.
type deviceType struct {
	ID                 string `json:"id"`
	Name               string `json:"name"`
	Description        string `json:"description,omitempty"`
	Group              *ref   `json:"group,omitempty"`
	DownlinkMode       int    `json:"downlinkMode"`
	DownlinkDataString string `json:"downlinkDataString,omitempty"`
	PayloadType        int    `json:"payloadType"`
	PayloadConfig      string `json:"payloadConfig,omitempty"`
	KeepAlive          int64  `json:"keepAlive"` // seconds
	AlertEmail         string `json:"alertEmail,omitempty"`
	AutomaticRenewal   bool   `json:"automaticRenewal"`
}

type ref struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// The payload types of the API.
const (
	payloadRegular = 2
	payloadCustom  = 3
)

func (a *api) deviceTypeOf(t *routing.DeviceType) deviceType {
	d := deviceType{
		ID: t.ID, Name: t.Name, Description: t.Description, DownlinkMode: int(t.DownlinkMode), DownlinkDataString: t.DownlinkData,
		PayloadType: payloadRegular, PayloadConfig: t.PayloadConfig, KeepAlive: int64(t.KeepAlive / time.Second), AlertEmail: t.AlertEmail,
		AutomaticRenewal: true,
	}
	if t.PayloadConfig != "" {
		d.PayloadType = payloadCustom
	}
	d.Group = a.groupOf(t)
	return d
}

func (a *api) groupOf(t *routing.DeviceType) *ref {
	g, found := a.Registry.Group(t.GroupID)
	if !found {
		return nil
	}
	return &ref{g.ID, g.Name}
}

func (a *api) listDeviceTypes(r *http.Request) answer {
	prefix := strings.ToLower(r.URL.Query().Get("name"))
	var list []routing.DeviceType
	for t := range a.Registry.DeviceTypes() {
		if strings.HasPrefix(strings.ToLower(t.Name), prefix) {
			list = append(list, t)
		}
	}
	return paged(r, list, a.deviceTypeOf)
}

func (a *api) getDeviceType(r *http.Request) answer {
	t, found := a.Registry.DeviceType(r.PathValue("id"))
	if !found {
		return failure(routing.ErrNotFound)
	}
	return ok(a.deviceTypeOf(&t))
}

// updateDeviceType changes the members that the request has.
func (a *api) updateDeviceType(r *http.Request) answer {
	t, found := a.Registry.DeviceType(r.PathValue("id"))
	if !found {
		return failure(routing.ErrNotFound)
	}
	d, err := patched(r, a.deviceTypeOf(&t))
	if err != nil {
		return failedBody(err)
	}
	t.Name, t.Description, t.AlertEmail = d.Name, d.Description, d.AlertEmail
	t.DownlinkMode, t.DownlinkData = routing.DownlinkMode(d.DownlinkMode), d.DownlinkDataString
	t.PayloadConfig, t.KeepAlive = d.PayloadConfig, time.Duration(d.KeepAlive)*time.Second
	t.Callbacks = nil // they stay as they are
	_, err = a.Registry.PutDeviceType(t)
	return a.changed(r, err)
}

// device is the resource of a device.
type device struct {
	ID             string    `json:"id"`
	Name           string    `json:"name,omitempty"`
	DeviceType     ref       `json:"deviceType"`
	Group          *ref      `json:"group,omitempty"`
	Location       *location `json:"location,omitempty"`
	LastCom        int64     `json:"lastCom,omitempty"` // milliseconds
	LQI            *int      `json:"lqi,omitempty"`
	SequenceNumber *int      `json:"sequenceNumber,omitempty"`
	State          int       `json:"state"`    // 0: OK
	ComState       int       `json:"comState"` // comOK or comNotSeen
	Prototype      bool      `json:"prototype"`

	AutomaticRenewal bool `json:"automaticRenewal"`
}

// The states of communication of the API.
const (
	comOK      = 1
	comNotSeen = 5
)

type location struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// DeviceState is what the network knows of a device.
type DeviceState struct {
	// LastCom is the time of its last message; zero if there was none.
	LastCom time.Time
	// LinkQuality and SeqNumber are those of its last message.
	LinkQuality sigfox.Opt[sigfox.LinkQuality]
	SeqNumber   sigfox.Opt[sigfox.SeqNumber]
}

func (a *api) deviceOf(d *routing.Device) device {
	t, _ := a.Registry.DeviceType(d.DeviceTypeID)
	out := device{
		ID: d.ID.String(), Name: d.Name, DeviceType: ref{t.ID, t.Name}, Group: a.groupOf(&t), ComState: comNotSeen, AutomaticRenewal: true,
	}
	if lat, found := d.Lat.Get(); found {
		out.Location = &location{lat, d.Lng.Or(0)}
	}
	s := a.State(*d)
	if !s.LastCom.IsZero() {
		out.LastCom, out.ComState = s.LastCom.UnixMilli(), comOK
	}
	if q, found := s.LinkQuality.Get(); found {
		n := int(q)
		out.LQI = &n
	}
	if q, found := s.SeqNumber.Get(); found {
		n := int(q)
		out.SequenceNumber = &n
	}
	return out
}

func (a *api) listDevices(r *http.Request) answer {
	want := r.URL.Query().Get("deviceTypeId")
	var list []routing.Device
	for t := range a.Registry.DeviceTypes() {
		if want != "" && want != t.ID {
			continue
		}
		for d := range a.Registry.Devices(t.ID) {
			list = append(list, d)
		}
	}
	return paged(r, list, a.deviceOf)
}

// device finds the device of a request.
func (a *api) device(r *http.Request) (d routing.Device, found bool) {
	id, err := sigfox.ParseDeviceID(r.PathValue("id"))
	if err != nil {
		return d, false
	}
	return a.Registry.Device(id)
}

func (a *api) getDevice(r *http.Request) answer {
	d, found := a.device(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return ok(a.deviceOf(&d))
}

// maxLimit is the limit and default limit of lists.
const maxLimit = 100

// paged answers the resources of the part of a list that limit and offset ask for.
func paged[T, R any](r *http.Request, list []T, resource func(*T) R) answer {
	limit, err1 := number(r, "limit", maxLimit)
	offset, err2 := number(r, "offset", 0)
	switch {
	case err1 != nil || limit < 1:
		return failedField("query", "limit", "must be a number above 0")
	case err2 != nil || offset < 0:
		return failedField("query", "offset", "must be a number")
	}
	limit = min(limit, maxLimit)
	rest := list[min(offset, len(list)):]
	page := struct {
		Data   []R `json:"data"`
		Paging struct {
			Next string `json:"next,omitempty"`
		} `json:"paging"`
	}{Data: []R{}}
	for i := range rest[:min(limit, len(rest))] {
		page.Data = append(page.Data, resource(&rest[i]))
	}
	if len(rest) > limit {
		u := resourceURL(r)
		q := u.Query()
		q.Set("limit", strconv.Itoa(limit))
		q.Set("offset", strconv.Itoa(offset+limit))
		u.RawQuery = q.Encode()
		page.Paging.Next = u.String()
	}
	return ok(page)
}

func number(r *http.Request, name string, def int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return def, nil
	}
	return strconv.Atoi(text)
}

// resourceURL returns the address of the request as the client gave it.
func resourceURL(r *http.Request) *url.URL {
	u := *r.URL
	u.Scheme, u.Host, u.Path = "http", r.Host, "/api/v2"+u.Path
	return &u
}
