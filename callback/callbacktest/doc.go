// Package callbacktest helps to test handlers of callbacks. It has a realistic
// message of each kind, makes the request with which the Sigfox Cloud would send
// it, and reads the answer as the cloud does:
//
//	m := callbacktest.Bidir()
//	w := callbacktest.Deliver(h, callbacktest.NewRequest("/bidir", callbacktest.JSON, m))
//	reply, err := callbacktest.Reply(w, m.Device)
//
// For a handler with a callback.Definition, NewRequestBy makes the request that the
// definition sends. Requests are ordinary *http.Request values, on which headers and
// other methods can be set. The package is for tests only.
package callbacktest
