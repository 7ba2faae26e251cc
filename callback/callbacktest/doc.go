// Package callbacktest helps to test handlers of callbacks. It has a realistic
// message of each kind, makes the request with which the Sigfox Cloud would send
// it, and reads the answer as the cloud does:
//
//	m := callbacktest.Bidir()
//	w := callbacktest.Deliver(h, callbacktest.NewRequest("/bidir", callbacktest.JSON, m))
//	reply, err := callbacktest.Reply(w, m.Device)
//
// The handler of a callback.Definition is tested with what that sends: NewRequestBy.
// Requests are *http.Request: headers and other methods are set on them as on any
// other. The package is for tests only.
package callbacktest
