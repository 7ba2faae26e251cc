package main

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/go-sigfox/sigfox/examples/cloud/web"
)

// handler serves page and API.
func (n *cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(web.Files))
	mux.HandleFunc("GET /ui/state", n.serveState)
	mux.Handle("GET /ui/events", n.board)
	mux.HandleFunc("POST /ui/demo", n.serveDemo)
	mux.HandleFunc("POST /ui/preview", n.servePreview)
	mux.HandleFunc("POST /ui/devices/{id}/{action}", n.serveDevice)
	mux.Handle("/api/v2/", http.StripPrefix("/api/v2", n.api()))
	return guard(mux)
}

// policy lets the page load nothing from elsewhere, and nobody frame it.
const policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// guard refuses what other sites have a browser send, and names that another site may
// have pointed to this machine: only addresses and localhost are served.
func guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			http.Error(w, "use an IP address or localhost", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// maxBody limits requests to page and API, in bytes.
const maxBody = 1 << 20

func isLocal(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 1 && host[0] == '[' {
		host = host[1 : len(host)-1]
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}
