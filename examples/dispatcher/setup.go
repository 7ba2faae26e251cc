package main

import (
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// deviceTypeID is the device type of all devices.
const deviceTypeID = "5c187c222564327e80000001"

// newRegistry has one device type, whose callbacks go to the routes of
// examples/receiver.
func newRegistry(target string) (*routing.Registry, error) {
	registry, err := routing.New(routing.Options{})
	if err != nil {
		return nil, err
	}
	events := post(callback.EventCallback, target+"/event",
		`{"time":"{time}","eventType":"{eventType}","severity":"{severity}","sourceType":"{sourceType}","sourceId":"{sourceId}",`+
			`"deviceExpectedSeqnumber":{deviceExpectedSeqnumber},"deviceMessageSeqnumber":{deviceMessageSeqnumber}}`)
	group, err := registry.PutGroup(routing.Group{Name: "Example", Callbacks: []dispatch.TargetOptions{events}})
	if err != nil {
		return nil, err
	}
	_, err = registry.PutDeviceType(routing.DeviceType{
		ID: deviceTypeID, Name: "Example", GroupID: group, DownlinkMode: routing.DownlinkNone,
		Callbacks: []dispatch.TargetOptions{
			post(callback.DataUplink, target+"/data/uplink",
				`{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber}}`),
			post(callback.ServiceDataAdvanced, target+"/service/data-advanced",
				`{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"lqi":"{lqi}",`+
					`"linkQuality":{linkQuality},"operatorName":"{operatorName}","duplicates":{duplicates}}`),
		},
	})
	return registry, err
}

func post(s callback.Service, url, body string) dispatch.TargetOptions {
	return dispatch.TargetOptions{Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: s, Enabled: true, Method: http.MethodPost, URL: url,
		ContentType: "application/json", BodyTemplate: body,
	}}
}
