package event

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// Parse reads the events in a body: a JSON object, several of them, one after the
// other or in an array; a form; or labelled text. The content type may be empty.
//
// It is lenient as the package comment tells. The error joins a
// *callback.FieldError or *callback.SyntaxError for each event that cannot be
// read; the events that can are returned beside it. It is callback.ErrContentType
// for a content type that the cloud does not send.
func Parse(contentType string, body []byte) ([]Event, error) {
	return parse(callback.Input{ContentType: contentType, Body: body})
}

// parse reads the events of a request. Parameters of the query fill what the body
// leaves out.
func parse(in callback.Input) ([]Event, error) {
	format, err := in.Format()
	if err != nil {
		return nil, err
	}
	var form, queryForm wire.Form
	queryForm.Reset([]byte(in.Query))
	query, syntax := readMembers(withoutSecrets{&queryForm, in})
	if syntax != nil {
		return nil, syntaxError(0, syntax)
	}
	start := 0
	if bytes.HasPrefix(in.Body, []byte("\ufeff")) {
		start = len("\ufeff")
	}
	start = wire.SkipSpace(in.Body, start)
	switch format {
	case callback.FormatJSON:
		return parseJSON(in.Body, start, &sharedQuery{query, len(in.Query), wire.SharedBudget(len(in.Query), in.Body)})
	case callback.FormatText:
		var pairs wire.Pairs
		pairs.Reset(in.Body[start:])
		return parseOne(&pairs, query)
	default:
		form.Reset(bytes.TrimRight(in.Body[start:], " \r\n\t"))
		return parseOne(withoutSecrets{&form, in}, query)
	}
}

// withoutSecrets is a query, or the form into which the cloud moved it, without
// the secrets of the URL.
type withoutSecrets struct {
	source
	in callback.Input
}

// Next implements source.
func (s withoutSecrets) Next(m *wire.Member) bool {
	for s.source.Next(m) {
		if !s.in.Secret(string(m.Name)) {
			return true
		}
	}
	return false
}

// parseOne reads the only event of a form or text.
func parseOne(src source, query *members) ([]Event, error) {
	ms, syntax := readMembers(src)
	if syntax != nil {
		return nil, syntaxError(0, syntax)
	}
	e, err := build(ms, query)
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// sharedQuery is the query of all the events of a body.
type sharedQuery struct {
	members    *members
	size, left int // of the text, in bytes: its own, and how much may be read for further events
}

// spend takes one more event off what may be read.
func (q *sharedQuery) spend() error {
	if q.left -= q.size; q.left < 0 {
		return fmt.Errorf("%w: a query of %d bytes, for each event of a batch", callback.ErrTooLarge, q.size)
	}
	return nil
}

// parseJSON reads the object or objects, or the array of them, that start at pos.
func parseJSON(body []byte, pos int, query *sharedQuery) ([]Event, error) {
	events, err := parseObjects(body, pos, query)
	if query.left < 0 { // none, lest those that were read are all that is heard of
		return nil, query.spend()
	}
	return events, err
}

func parseObjects(body []byte, pos int, query *sharedQuery) ([]Event, error) {
	var b batch
	var o wire.Object
	if body[pos] == '[' {
		end, syntax := wire.Array(body, pos, func(m *wire.Member) bool {
			e, err := parseObject(&o, body, m.Offset, query)
			b.add(e, err)
			return true
		})
		if syntax == nil && wire.SkipSpace(body, end) < len(body) {
			syntax = &wire.SyntaxError{Offset: end, Msg: "text after the array"}
		}
		if syntax != nil {
			b.add(Event{}, syntaxError(0, syntax))
		}
		return b.events, b.err()
	}
	for pos < len(body) {
		e, err := parseObject(&o, body, pos, query)
		b.add(e, err)
		pos = nextObject(body, &o)
	}
	return b.events, b.err()
}

// nextObject returns where the event behind the one that o has read may start: in
// the next line if that one could not be read to its end.
func nextObject(body []byte, o *wire.Object) int {
	if o.Err() == nil {
		return wire.SkipSpace(body, o.Pos())
	}
	next := bytes.Index(body[o.Pos():], []byte("\n{"))
	if next < 0 {
		return len(body)
	}
	return o.Pos() + next + 1
}

// parseObject reads the event at pos.
func parseObject(o *wire.Object, body []byte, pos int, query *sharedQuery) (Event, error) {
	o.Reset(body, pos)
	ms, syntax := readMembers(o)
	if syntax != nil {
		return Event{}, syntaxError(0, syntax)
	}
	if err := query.spend(); err != nil {
		return Event{}, err
	}
	return build(ms, query.members)
}

// build makes an event of its members.
func build(ms, query *members) (e Event, err error) {
	canonical := ms.isCanonical()
	if query != nil {
		ms.fill(query)
	}
	d := decoder{members: ms}
	e.visitCommon(&d)
	if newDetail := ms.detailOf(e.Type); newDetail != nil {
		e.Detail = newDetail()
		e.Detail.visit(&d)
	}
	if d.err != nil {
		return Event{}, d.err
	}
	if !canonical && !ms.anyUsed() {
		return Event{}, fieldError("eventType", &wire.Member{}, callback.ErrMissing)
	}
	e.normalizeSource()
	extra, syntax := ms.extra(canonical)
	if syntax != nil {
		return Event{}, syntaxError(0, syntax)
	}
	e.Extra = extra
	return e, nil
}

// detailOf returns what makes the detail of an event, nil if it has none. Templates for one
// kind of event leave the type out; that of a break in the sequence shows in its numbers.
func (ms *members) detailOf(t Type) func() Detail {
	if t == "" {
		for _, name := range [...]string{"deviceMessageSeqnumber", "deviceLastSeqnumber", "deviceExpectedSeqnumber"} {
			if m, _ := ms.find(name); m != nil {
				return detail[SequenceBreak]
			}
		}
	}
	return kindOf(t).newDetail
}

// normalizeSource gives the id of a device the form in which all callbacks have it.
func (e *Event) normalizeSource() {
	if id, ok := e.Device(); ok {
		e.SourceID = id.String()
	}
}

// batch collects the events of a body and the errors of those that cannot be read.
type batch struct {
	n      int
	events []Event
	errs   []error
}

// maxErrors bounds what a hostile body can make us keep.
const maxErrors = 100

func (b *batch) add(e Event, err error) {
	b.n++
	switch {
	case err == nil:
		b.events = append(b.events, e)
	case len(b.errs) < maxErrors:
		b.errs = append(b.errs, atLine(err, b.n))
	}
}

func (b *batch) err() error {
	if b.n == 1 && len(b.errs) == 1 {
		return atLine(b.errs[0], 0)
	}
	return errors.Join(b.errs...)
}

// atLine sets the number of the event in its batch, 0 for one that is alone.
func atLine(err error, line int) error {
	if e, ok := errors.AsType[*callback.FieldError](err); ok {
		e.Line = line
	}
	if e, ok := errors.AsType[*callback.SyntaxError](err); ok {
		e.Line = line
	}
	return err
}
