package dispatch

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
)

// UndeliveredQuery says which messages an UndeliveredLog is asked for: those that
// meet all that is set.
type UndeliveredQuery struct {
	// Device, DeviceTypeID, CallbackID and GroupID are what the resource is of. Zero
	// values mean any. A page for a GroupID is written as the API writes those of
	// groups.
	Device                            sigfox.DeviceID
	DeviceTypeID, CallbackID, GroupID string
	// Since and Before limit the time of the message, Since itself included and Before
	// excluded. Default: no limit.
	Since, Before time.Time
	// Limit is how many are returned at most, 1 to 100. Default, and for all that is
	// out of range: 100.
	Limit int
	// Offset is how many are passed over, from the newest.
	Offset int
	// URL is the address of the request; that of the next page is made of it. Default:
	// none; the address of the next page is its query alone.
	URL *url.URL
}

const maxPage = 100

// ParseQuery sets Since, Before, Limit and Offset by the parameters of a request,
// which are in milliseconds and numbers. It leaves those alone that the request does
// not have. The error names the parameter.
func (q *UndeliveredQuery) ParseQuery(values url.Values) error {
	var failed error
	number := func(name string, least, most int64, set func(int64)) {
		text := values.Get(name)
		if text == "" {
			return
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least || n > most {
			failed = cmp.Or(failed, fmt.Errorf("dispatch: parameter %s: %.32q is not a number from %d to %d", name, text, least, most))
			return
		}
		set(n)
	}
	number("since", 0, maxMillis, func(n int64) { q.Since = time.UnixMilli(n).UTC() })
	number("before", 0, maxMillis, func(n int64) { q.Before = time.UnixMilli(n).UTC() })
	number("limit", 1, maxPage, func(n int64) { q.Limit = int(n) })
	number("offset", 0, math.MaxInt32, func(n int64) { q.Offset = int(n) })
	return failed
}

// maxMillis is the last millisecond of the year 9999, the last that JSON can tell.
const maxMillis = 253402300799999

func (q *UndeliveredQuery) limit() int {
	if q.Limit < 1 || q.Limit > maxPage {
		return maxPage
	}
	return q.Limit
}

func (q *UndeliveredQuery) matches(u *Undelivered) bool {
	return (q.Device == 0 || q.Device == u.Device) &&
		(q.DeviceTypeID == "" || q.DeviceTypeID == u.DeviceTypeID) &&
		(q.CallbackID == "" || q.CallbackID == u.CallbackID) &&
		(q.GroupID == "" || q.GroupID == u.GroupID) &&
		(q.Since.IsZero() || !u.Time.Before(q.Since)) &&
		(q.Before.IsZero() || u.Time.Before(q.Before))
}

// next returns the address of the page behind offset.
func (q *UndeliveredQuery) next(offset int) string {
	var u url.URL
	if q.URL != nil {
		u = *q.URL
	}
	values := u.Query()
	values.Set("limit", strconv.Itoa(q.limit()))
	values.Set("offset", strconv.Itoa(offset))
	if !q.Since.IsZero() {
		values.Set("since", strconv.FormatInt(q.Since.UnixMilli(), 10))
	}
	if !q.Before.IsZero() {
		values.Set("before", strconv.FormatInt(q.Before.UnixMilli(), 10))
	}
	u.RawQuery = values.Encode()
	return u.String()
}
