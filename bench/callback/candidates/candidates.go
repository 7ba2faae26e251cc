// Package candidates holds the handlers that are measured against each other, and
// the requests that they get.
package candidates

import (
	"context"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
)

// The requests carry a bearer token.
const (
	Token         = "4f1c0a6d9e3b8274c5d1e0f9a8b7c6d5"
	Authorization = "Bearer " + Token
)

// DataAdvanced is the body of a captured callback, compacted. As in most templates
// all numbers stand in quotes but those that the cloud itself writes.
const DataAdvanced = `{"device":"2C30EA","time":"1546929254","data":"d609912345603f0f8004223c","seqNumber":"424",` +
	`"lqi":"Good","linkQuality":"2","fixedLat":"0.0","fixedLng":"0.0","operatorName":"SIGFOX_Singapore_Unabiz",` +
	`"countryCode":"702","computedLocation":{"lat":1.2763981,"lng":103.7973329,"radius":2447,"source":2,"status":1}}`

// Uplink is the same message as a DATA/UPLINK callback.
const Uplink = `{"device":"2C30EA","time":"1546929254","data":"d609912345603f0f8004223c","seqNumber":"424"}`

// Noop is the least that a handler can do: it answers. The server discards the body.
func Noop() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// Ours is the handler of package callback.
func Ours[M callback.Message](fn func(context.Context, M) error) (http.Handler, error) {
	verifier, err := callback.BearerToken(Token)
	if err != nil {
		return nil, err
	}
	return callback.NewHandler(fn, callback.Options{Verifier: verifier})
}
