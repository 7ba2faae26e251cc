// Package callback receives the callbacks of the Sigfox Cloud: the HTTP requests
// with which it forwards what devices send.
//
// Each kind of callback has a struct (Uplink, Bidir, Status, Acknowledge, Repeater,
// DataAdvanced, Geoloc, ErrorReport) and a handler to mount. EVENT callbacks are in
// package event.
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
//   - Bodies are limited in size and in time, and the limits are set before they are
//     read.
//   - Values are read as customers' templates write them: numbers as strings, absent
//     values as null, "null", "N/A" or an unreplaced {name}, renamed keys. Members
//     that the cloud adds in the future are kept in Extra.
//   - A message reaches the function by value and shares no memory with the request.
//   - The answer is 2xx only if the function returned nil for every message that
//     could be read. Any other answer does not say why.
//   - The context of the function ends before the cloud stops waiting, which it does
//     after 10 seconds.
//   - No secret and no payload is logged above level Debug.
//
// # What the cloud does
//
// The cloud sends a message again after 1, 2 and 4 minutes if the answer came late or
// was not 2xx. So the same message may come up to four times, and messages may overtake
// each other. With Options.Seen the function runs once for each message; with
// Options.Claims it does so even where several replicas receive them. The order is not
// guaranteed. See https://support.sigfox.com/docs/callback-integration.
//
// # When not to use it
//
// To ask the Sigfox API for messages, use a client of the API. This package renders
// callbacks (Definition.Compile), but package dispatch sends them.
package callback
