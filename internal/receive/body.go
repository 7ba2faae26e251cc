package receive

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// The reasons why a body is not read.
var (
	ErrTooLarge = errors.New("body too large")
	ErrTimeout  = errors.New("body too slow")
)

// ReadBody appends the body of r to buf. It refuses a body of more than limit
// bytes, announced or not, and gives up at the deadline, unless that is zero, if the
// connection behind w knows deadlines. After an error the connection must be closed.
func ReadBody(buf []byte, w http.ResponseWriter, r *http.Request, limit int64, deadline time.Time) ([]byte, error) {
	if r.ContentLength > limit {
		return buf, ErrTooLarge
	}
	if r.Body == nil || r.Body == http.NoBody {
		return buf, nil
	}
	limited := !deadline.IsZero() && setReadDeadline(w, deadline)
	start := len(buf)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)-start) > limit:
			return buf[:start], ErrTooLarge
		case err == nil:
		case errors.Is(err, io.EOF):
			if limited {
				setReadDeadline(w, time.Time{})
			}
			return buf, nil
		case isTooLarge(err):
			return buf[:start], ErrTooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return buf[:start], ErrTimeout
		default:
			return buf[:start], err
		}
	}
}

// isTooLarge reports whether a middleware has a lower limit.
func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// setReadDeadline does what http.ResponseController does, without making an error
// for writers that know no deadlines.
func setReadDeadline(w http.ResponseWriter, t time.Time) bool {
	for {
		switch v := w.(type) {
		case interface{ SetReadDeadline(t time.Time) error }:
			return v.SetReadDeadline(t) == nil
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}
