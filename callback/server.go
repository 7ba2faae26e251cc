package callback

import (
	"net/http"
	"time"
)

// NewServer returns a server for handlers of callbacks, with limits that keep slow
// and greedy clients from using it up: 5 s for the headers of a request and 128 KiB
// for their size, 8 s for all of it, 15 s until it is answered, and 2 minutes between
// two on one connection. Set TLSConfig, ErrorLog or BaseContext before use, as needed.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       defaultTimeout, // so that handlers need not set it for each request
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    128 << 10, // the URL of a GET batch stands in the headers
	}
}
