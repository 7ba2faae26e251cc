// Package apiv2 is the part of the Sigfox API v2 by which callbacks are configured
// and looked after: device types, devices, messages, callbacks and those that were
// not delivered, in the shapes and with the errors of the API.
//
//	GET    /device-types            /device-types/{id}
//	PUT    /device-types/{id}
//	GET    /devices                 /devices/{id}
//	GET    /devices/{id}/messages   /device-types/{id}/messages
//	GET    /device-types/{id}/callbacks
//	POST   /device-types/{id}/callbacks
//	PUT    /device-types/{id}/callbacks/{callbackId}
//	DELETE /device-types/{id}/callbacks/{callbackId}
//	PUT    /device-types/{id}/callbacks/{callbackId}/enable?enabled=true
//	PUT    /device-types/{id}/callbacks/{callbackId}/downlink
//	GET    /device-types/{id}/callbacks/{callbackId}/callbacks-not-delivered
//	GET    /device-types/{id}/callbacks-not-delivered
//	GET    /devices/{id}/callbacks-not-delivered
//	GET    /groups/{id}/callbacks-not-delivered
//
// Source: https://support.sigfox.com/apidocs
package apiv2

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// Options configure the API.
type Options struct {
	// Registry is what is configured.
	Registry *routing.Registry
	// Undelivered are the callbacks that were given up.
	Undelivered *dispatch.UndeliveredLog
	// Messages returns the messages of a device, or of all devices of a device type, the
	// newest first.
	Messages func(MessageQuery) []Message
	// State returns what the network knows of a device.
	State func(routing.Device) DeviceState
	// Dead reports whether the last use of a callback failed.
	Dead func(callbackID string) bool
	// Changed is called when a callback or device type of this id was changed.
	Changed func(deviceTypeID string)
	// Login and Password are the credentials.
	Login, Password string
}

// api serves the resources.
type api struct{ Options }

// New returns the handler. Paths begin at the version.
func New(o Options) http.Handler {
	a := &api{o}
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request) answer{
		"GET /device-types":                                             a.listDeviceTypes,
		"GET /device-types/{id}":                                        a.getDeviceType,
		"PUT /device-types/{id}":                                        a.updateDeviceType,
		"GET /devices":                                                  a.listDevices,
		"GET /devices/{id}":                                             a.getDevice,
		"GET /devices/{id}/messages":                                    a.deviceMessages,
		"GET /device-types/{id}/messages":                               a.deviceTypeMessages,
		"GET /device-types/{id}/callbacks":                              a.listCallbacks,
		"POST /device-types/{id}/callbacks":                             a.createCallback,
		"PUT /device-types/{id}/callbacks/{cb}":                         a.updateCallback,
		"DELETE /device-types/{id}/callbacks/{cb}":                      a.deleteCallback,
		"PUT /device-types/{id}/callbacks/{cb}/enable":                  a.enableCallback,
		"PUT /device-types/{id}/callbacks/{cb}/downlink":                a.selectDownlink,
		"GET /device-types/{id}/callbacks/{cb}/callbacks-not-delivered": a.callbackErrors,
		"GET /device-types/{id}/callbacks-not-delivered":                a.deviceTypeErrors,
		"GET /devices/{id}/callbacks-not-delivered":                     a.deviceErrors,
		"GET /groups/{id}/callbacks-not-delivered":                      a.groupErrors,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(r).write(w) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		failed(http.StatusNotFound, "no such resource").write(w)
	})
	return a.authenticate(mux)
}

// authenticate asks for Basic credentials.
func (a *api) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login, password, _ := r.BasicAuth()
		ok := subtle.ConstantTimeCompare([]byte(login), []byte(a.Login)) &
			subtle.ConstantTimeCompare([]byte(password), []byte(a.Password))
		if ok == 0 {
			w.Header().Set("WWW-Authenticate", `Basic realm="Sigfox API"`)
			failed(http.StatusUnauthorized, "wrong login or password").write(w)
			return
		}
		if bare, found := strings.CutSuffix(r.URL.Path, "/"); found { // as some clients have it
			r = r.Clone(r.Context())
			r.URL.Path = bare
		}
		next.ServeHTTP(w, r)
	})
}

// answer is what a request is answered with.
type answer struct {
	status   int
	body     any // none if nil
	location string
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

var done = answer{status: http.StatusNoContent}

// problem is the body of errors.
type problem struct {
	Message string                       `json:"message"`
	Errors  []callback.DefinitionProblem `json:"errors"`
}

func failed(status int, message string) answer {
	return answer{status: status, body: problem{message, []callback.DefinitionProblem{}}}
}

// failedField is the answer to one wrong parameter.
func failedField(part, field, message string) answer {
	return answer{status: http.StatusBadRequest, body: problem{
		"Bad request", []callback.DefinitionProblem{{Type: part, Field: field, Message: message}},
	}}
}

// failedBody is the answer to a body that cannot be read.
func failedBody(err error) answer {
	if invalid, ok := errors.AsType[*callback.DefinitionError](err); ok {
		return answer{status: http.StatusBadRequest, body: invalid}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		member := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
		return failedField("body", member, "must be a "+wrong.Type.String()+", not a "+wrong.Value)
	}
	return failedField("body", "", "must be a JSON object with members of the documented types")
}

// failure returns the answer to what the registry refused.
func failure(err error) answer {
	if invalid, ok := errors.AsType[*routing.InvalidError](err); ok {
		return answer{status: http.StatusBadRequest, body: invalid}
	}
	switch {
	case errors.Is(err, routing.ErrNotFound):
		return failed(http.StatusNotFound, "not found")
	case errors.Is(err, routing.ErrInUse):
		return failed(http.StatusConflict, err.Error())
	default:
		return failed(http.StatusBadRequest, err.Error())
	}
}

func (a answer) write(w http.ResponseWriter) {
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
