package board

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hub passes events on to the pages that listen.
type hub struct {
	mu    sync.Mutex
	pages map[chan event]struct{}
}

// event is a server-sent event.
type event struct {
	name string
	data []byte
}

// pageBacklog is how many events may wait for one page. A page that falls further
// behind is cut off, and loads everything anew.
const pageBacklog = 64

// tell sends an event to all pages. v is encoded at once.
func (h *hub) tell(name string, v any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) == 0 {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		return // values of this package can be encoded
	}
	for page := range h.pages {
		select {
		case page <- event{name, data}:
		default:
			delete(h.pages, page)
			close(page)
		}
	}
}

func (h *hub) join() chan event {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pages == nil {
		h.pages = make(map[chan event]struct{})
	}
	page := make(chan event, pageBacklog)
	h.pages[page] = struct{}{}
	return page
}

func (h *hub) leave(page chan event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, page)
}

// Tell sends an event of the caller's own to all pages.
func (b *Board) Tell(name string, v any) { b.hub.tell(name, v) }

// ServeHTTP streams events until the page goes away: "rows" with the Rows that are
// new or have changed, "stats" every second, and those of Tell.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := b.hub.join()
	defer b.hub.leave(page)
	rc := http.NewResponseController(w)
	if err := rc.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "streaming is not supported", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	_, err := fmt.Fprint(w, "retry: 1000\n\n")
	for err == nil && rc.Flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case e, ok := <-page:
			if !ok {
				return
			}
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.name, e.data)
		}
	}
}
