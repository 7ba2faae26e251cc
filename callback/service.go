package callback

import (
	"fmt"
	"strings"
)

// Service is what a callback reports. Its names are those of the Sigfox Cloud
// ("DATA/UPLINK"), its numbers those of the callbacks resource of API v2.
// Source: https://support.sigfox.com/docs/callbacks-documentation
type Service uint8

// The services of the Sigfox Cloud. The zero value is none of them.
const (
	_ Service = iota
	// DataUplink delivers a user message as soon as its first frame is received.
	DataUplink
	// DataBidir does the same and may be answered with a downlink.
	DataBidir
	// ServiceStatus delivers battery and temperature. The cloud offers no new ones
	// from September 2026 and sends none from April 2027.
	ServiceStatus
	// ServiceGeoloc delivered computed positions; DataAdvanced replaced it.
	ServiceGeoloc
	// ServiceAcknowledge tells what became of a downlink.
	ServiceAcknowledge
	// ServiceRepeater delivers the state of a repeater device.
	ServiceRepeater
	// ServiceDataAdvanced delivers a user message again, with all that is known of
	// it, after its reception window of about 25 s is over.
	ServiceDataAdvanced
	// ErrorCallback reports a device that kept silent for its keep-alive delay.
	ErrorCallback
	// EventCallback reports life cycle, sequence and subscription events. It is set
	// up under "Event configuration" and is not part of the callbacks resource.
	EventCallback
)

// noSubtype marks a service that the API gives no subtype.
const noSubtype = -1

var services = [...]struct {
	name          string
	typ, subtype  int
	payloadConfig bool
}{
	DataUplink:          {"DATA/UPLINK", 0, 2, true},
	DataBidir:           {"DATA/BIDIR", 0, 3, true},
	ServiceStatus:       {"SERVICE/STATUS", 1, 0, false},
	ServiceGeoloc:       {"SERVICE/GEOLOC", 1, 1, false},
	ServiceAcknowledge:  {"SERVICE/ACKNOWLEDGE", 1, 4, false},
	ServiceRepeater:     {"SERVICE/REPEATER", 1, 5, false},
	ServiceDataAdvanced: {"SERVICE/DATA_ADVANCED", 1, 6, true},
	ErrorCallback:       {"ERROR", 2, noSubtype, false},
	EventCallback:       {"EVENT", noSubtype, noSubtype, false},
}

// Services are all services, in the order of their constants.
func Services() []Service {
	all := make([]Service, 0, len(services)-1)
	for s := DataUplink; int(s) < len(services); s++ {
		all = append(all, s)
	}
	return all
}

// ParseService reads a name such as "DATA/UPLINK", in any case.
func ParseService(name string) (Service, error) {
	for _, s := range Services() {
		if strings.EqualFold(name, services[s].name) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("callback: unknown service %q", name)
}

// ServiceOf returns the service with the callbackType and callbackSubtype of API
// v2. The subtype of ERROR (type 2) is ignored: the API asks for one and defines
// none.
func ServiceOf(callbackType, callbackSubtype int) (Service, bool) {
	for _, s := range Services() {
		d := &services[s]
		if d.typ == callbackType && d.typ >= 0 && (d.subtype == callbackSubtype || d.subtype == noSubtype) {
			return s, true
		}
	}
	return 0, false
}

func (s Service) known() bool { return s > 0 && int(s) < len(services) }

// String returns the name, such as "SERVICE/DATA_ADVANCED".
func (s Service) String() string {
	if !s.known() {
		return fmt.Sprintf("Service(%d)", uint8(s))
	}
	return services[s].name
}

// MarshalText implements encoding.TextMarshaler.
func (s Service) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of ParseService.
func (s *Service) UnmarshalText(text []byte) (err error) {
	*s, err = ParseService(string(text))
	return err
}

// Type returns the callbackType of API v2: 0 DATA, 1 SERVICE, 2 ERROR; ok is false
// for EVENT, which has none.
func (s Service) Type() (n int, ok bool) {
	if !s.known() || services[s].typ < 0 {
		return 0, false
	}
	return services[s].typ, true
}

// Subtype returns the callbackSubtype of API v2; ok is false for ERROR and EVENT,
// which have none.
func (s Service) Subtype() (n int, ok bool) {
	if !s.known() || services[s].subtype == noSubtype {
		return 0, false
	}
	return services[s].subtype, true
}

// HasPayloadConfig reports whether the service takes a custom payload
// configuration and so offers {customData#name}.
func (s Service) HasPayloadConfig() bool { return s.known() && services[s].payloadConfig }
