package dispatch

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
	"time"
)

// UndeliveredLog keeps the messages that were given up, for the resource
// callbacks-not-delivered of API v2. A message is in it once, with what its last
// attempt met: the cloud reports those too by what is left after the last retry, and the
// attempts before it only as the state of the callback. Messages that there was no room
// for are in it as well.
//
// It is kept in memory and bounded, the oldest leaving first. It is safe for
// concurrent use; Add takes constant time, Page time in proportion to all that is
// kept.
// Source: https://www.kccs.co.jp/sigfox/blog/technical/2019/0925/
type UndeliveredLog struct {
	options UndeliveredOptions

	mu     sync.Mutex
	all    list.List // of *undeliveredEntry, oldest first
	owners map[string]*list.List
}

// UndeliveredOptions configure an UndeliveredLog. A zero field stands for its
// default.
type UndeliveredOptions struct {
	// MaxPerOwner is how many messages are kept for one device type or, for EVENT,
	// group. Default: 1000.
	MaxPerOwner int
	// Max is how many messages are kept in all. Default: 10 000.
	Max int
	// MaxBody is how many bytes are kept of a body, subject or message. Default: 4096.
	MaxBody int
	// Location is the time zone of the member "date". Default: UTC.
	Location *time.Location
	// DeviceURL is what precedes the id of a device in the member deviceUrl, such as
	// "https://api.sigfox.com/v2/devices/". Default: none; the member is left out.
	DeviceURL string
}

// undeliveredEntry is a message in both lists.
type undeliveredEntry struct {
	Undelivered
	owner   string
	inAll   *list.Element
	inOwner *list.Element
}

// NewUndeliveredLog returns an empty log. The error names the option that is negative.
func NewUndeliveredLog(o UndeliveredOptions) (*UndeliveredLog, error) {
	if err := checkSettings(
		setting{"UndeliveredOptions.MaxPerOwner", float64(o.MaxPerOwner)},
		setting{"UndeliveredOptions.Max", float64(o.Max)},
		setting{"UndeliveredOptions.MaxBody", float64(o.MaxBody)},
	); err != nil {
		return nil, err
	}
	o.MaxPerOwner = cmp.Or(o.MaxPerOwner, 1000)
	o.Max = cmp.Or(o.Max, 10_000)
	o.MaxBody = cmp.Or(o.MaxBody, 4096)
	o.Location = cmp.Or(o.Location, time.UTC)
	return &UndeliveredLog{options: o, owners: make(map[string]*list.List)}, nil
}

// Add keeps a message that was given up. It is made for Hooks.OnDrop.
func (l *UndeliveredLog) Add(d Drop) {
	e := &undeliveredEntry{Undelivered: newUndelivered(&d, l.options.MaxBody)}
	e.owner = cmp.Or(e.DeviceTypeID, e.GroupID)
	if l.options.DeviceURL != "" && e.Device != 0 {
		e.DeviceURL = l.options.DeviceURL + e.Device.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	owner := l.owners[e.owner]
	if owner == nil {
		owner = list.New()
		l.owners[e.owner] = owner
	}
	e.inAll, e.inOwner = l.all.PushBack(e), owner.PushBack(e)
	if owner.Len() > l.options.MaxPerOwner {
		l.remove(owner.Front())
	}
	if l.all.Len() > l.options.Max {
		l.remove(l.all.Front())
	}
}

func (l *UndeliveredLog) remove(element *list.Element) {
	e := entryOf(element)
	l.all.Remove(e.inAll)
	owner := l.owners[e.owner]
	owner.Remove(e.inOwner)
	if owner.Len() == 0 {
		delete(l.owners, e.owner)
	}
}

func entryOf(element *list.Element) *undeliveredEntry {
	e, _ := element.Value.(*undeliveredEntry)
	return e
}

// Len returns how many messages are kept.
func (l *UndeliveredLog) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Len()
}

// Page returns the messages that the query asks for, the newest message first, as
// the API documents it; of messages of the same time the last given up is first.
func (l *UndeliveredLog) Page(q UndeliveredQuery) UndeliveredPage {
	found := l.find(&q)
	slices.SortStableFunc(found, func(a, b *undeliveredEntry) int { return b.Time.Compare(a.Time) })
	p := UndeliveredPage{Data: []Undelivered{}, location: l.options.Location, group: q.GroupID != ""}
	first := min(max(q.Offset, 0), len(found))
	last := first + min(q.limit(), len(found)-first)
	for _, e := range found[first:last] {
		p.Data = append(p.Data, e.Undelivered)
	}
	if last < len(found) {
		p.Paging.Next = q.next(last)
	}
	return p
}

// find returns the messages that the query asks for, the last given up first.
func (l *UndeliveredLog) find(q *UndeliveredQuery) []*undeliveredEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []*undeliveredEntry
	for element := l.all.Back(); element != nil; element = element.Prev() {
		if e := entryOf(element); q.matches(&e.Undelivered) {
			found = append(found, e)
		}
	}
	return found
}
