// Package callback receives the callbacks of the Sigfox Cloud: the HTTP requests
// with which it forwards what devices send.
//
// There is a struct for each kind of callback (Uplink, Bidir, Status, Acknowledge,
// Repeater, DataAdvanced, Geoloc, ErrorReport; EVENT callbacks are in package
// event), and for each a handler to mount:
//
//	verifier, err := callback.BearerToken(os.Getenv("SIGFOX_TOKEN"))
//	...
//	h, err := callback.NewHandler(func(ctx context.Context, m callback.Uplink) error {
//		return save(ctx, m.Device, m.Time, m.Data)
//	}, callback.Options{Verifier: verifier})
//	...
//	http.Handle("POST /sigfox/uplink", h)
//
// # What handlers guarantee
//
//   - A request is verified before its body is read or, where the Verifier needs the
//     body, before it is parsed. A Verifier is required.
//   - Bodies are limited before they are read, in size and in time.
//   - Values are read as customers' templates write them: numbers as strings, absent
//     values as null, "null", "N/A" or an unreplaced {name}, renamed keys. What the
//     cloud adds in the future is kept in Extra.
//   - A message reaches the function by value and shares no memory with the request.
//   - The answer is 2xx only if the function returned nil for every message that
//     could be read. It never tells why it is another.
//   - The context of the function ends before the cloud stops waiting, which is after
//     10 seconds.
//   - No secret and no payload is logged above level Debug.
//
// # What the cloud does
//
// It sends again after 1, 2 and 4 minutes if the answer came late or was no 2xx, so
// the same message may come up to four times, and messages may overtake each other.
// Options.Seen makes the function run once for each, Options.Claims also where several
// replicas receive them. The order is not guaranteed.
// See https://support.sigfox.com/docs/callback-integration.
//
// # When not to use it
//
// To ask the Sigfox API for messages, use a client of the API. It renders callbacks
// (Definition.Compile), but does not send them.
package callback
