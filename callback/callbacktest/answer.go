package callbacktest

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// Deliver has h handle the request and returns its answer.
func Deliver(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Reply returns what an answer to a DATA/BIDIR callback says for a device, read as
// the cloud reads it: without data for status 204, or if the answer does not name
// the device. The error tells of another status than 2xx, which the cloud counts
// as a failure, and of a body or data that it cannot use.
func Reply(w *httptest.ResponseRecorder, id sigfox.DeviceID) (downlink.Reply, error) {
	if w.Code < 200 || w.Code > 299 {
		return downlink.Reply{}, fmt.Errorf("callbacktest: status %d", w.Code)
	}
	a, err := downlink.ParseAnswer(w.Body.Bytes())
	if err != nil {
		return downlink.Reply{}, err
	}
	return a.Reply(id)
}
