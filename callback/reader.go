package callback

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// reader is the working memory for reading requests of one service. It is used
// again for the next request, so that reading allocates only what messages keep.
type reader struct {
	service   Service
	strings   *interner
	canonical bool                    // service, customData and extra are ours
	payload   *template.PayloadConfig // nil: custom data comes as it is written

	fields
	matched bool    // the program has read the body
	dirty   bool    // the message may have fields that the program does not write
	seen    uint64  // a bit for each variable that was read under its own name
	others  []other // the rest, which is looked at when the documented names are known
	failed  error   // the first value that could not be read
	absent  absent  // the value that stands for no device
	blank   bool    // a variable of the definition was found without a value

	data        []byte      // the JSON text being read
	queryText   string      // the query of the URL
	shared      int         // how long it is, with what else belongs to each message
	sharedLeft  int         // how many bytes of that may be read for further messages
	secretQuery []string    // its parameters that are no part of a message
	object      wire.Object // the message
	form        wire.Form
	query       wire.Form
	queryCopy   []byte
	pairs       wire.Pairs
	outerMember wire.Member
	innerMember wire.Member
	plainMember wire.Member // the value of a step
	sink        sink        // of a definition
	plan        plan        // of the last message
	program     plan        // of the definition
	loc         nestedReader
	dup         nestedReader
	duplicate   Duplicate // the one that dup reads
}

// other is a member whose name is no documented variable of the service.
type other struct {
	wire.Member
	alias     aliased
	fromQuery bool
}

// members is a text that gives one member after the other.
type members interface {
	Next(m *wire.Member) bool
	Err() *wire.SyntaxError
}

// absent is a value that stands for nothing, such as {device}, and where it is.
type absent struct {
	text   string
	offset int
}

// bind makes r read into the message behind b.
func (r *reader) bind(b binder) {
	b.bind(&r.fields)
	r.dup.slot = r.duplicate.fields(nil)
	if p, ok := r.slot[varComputedLocation].(*sigfox.Opt[Location]); ok {
		r.loc.slot = p.Init().fields(nil)
		p.Clear()
		r.plan.location = &r.loc.plan
	}
}

// begin starts a message.
func (r *reader) begin() {
	r.seen, r.others, r.failed, r.absent, r.blank = 0, r.others[:0], nil, absent{}, false
}

// readObject reads the message at offset pos of r.data and returns the offset after
// it, or that of an error in it.
func (r *reader) readObject(pos int) (end int, err error) {
	o, m := &r.object, &r.outerMember
	if end, r.seen = r.readExpected(o, &r.plan, r.data, pos); end > 0 {
		return end, nil
	}
	o.Lazy = true
	for {
		n, from, ok := o.Between()
		if !o.Next(m) {
			break
		}
		id := lookup(m.Name)
		if ok {
			r.plan.learn(r.data, from, n, m, uint8(id), r.slot[id])
		}
		if m.Kind == wire.Composite && !r.readsNested(id) && !o.Text(m) {
			break
		}
		r.take(id, m)
		r.seen |= r.readMore(o, &r.plan, r.data)
	}
	if syntax := o.Err(); syntax != nil {
		return o.Pos(), r.syntaxError(0, syntax)
	}
	return o.Pos(), nil
}

// readsNested reports whether the value of the variable is read where it stands, so
// that it need not be scanned before.
func (r *reader) readsNested(id variable) bool {
	return (id == varComputedLocation || id == varDuplicates) && r.slot[id] != nil
}

// readMembers reads the parameters of a form or of labelled text.
func (r *reader) readMembers(src members) error {
	m := &r.outerMember
	for src.Next(m) {
		if r.secret(m.Name) {
			continue
		}
		r.take(lookup(m.Name), m)
	}
	if syntax := src.Err(); syntax != nil {
		return r.syntaxError(0, syntax)
	}
	return nil
}

// readQuery reads the parameters of the URL. They fill what the body left out.
func (r *reader) readQuery() error {
	if len(r.queryText) == 0 {
		return nil
	}
	if err := r.spendShared(); err != nil {
		return err
	}
	body, n := r.seen, len(r.others)
	r.queryCopy = append(r.queryCopy[:0], r.queryText...)
	r.query.Reset(r.queryCopy)
	m := &r.outerMember
	for r.query.Next(m) {
		if r.secret(m.Name) {
			continue
		}
		if id := lookup(m.Name); id == varNone || body&(1<<id) == 0 {
			r.take(id, m)
		}
	}
	for i := range r.others[n:] {
		r.others[n+i].fromQuery = true
	}
	if syntax := r.query.Err(); syntax != nil {
		return r.syntaxError(0, syntax)
	}
	return nil
}

// spendShared takes one more message off what may be read outside of the body.
func (r *reader) spendShared() error {
	if r.sharedLeft -= r.shared; r.sharedLeft < 0 {
		return tooMuchShared(r.shared)
	}
	return nil
}

// tooMuchShared returns the error of so many bytes that are not read for each message.
func tooMuchShared(n int) error {
	return fmt.Errorf("%w: %d bytes outside of the body, for each message of a batch", ErrTooLarge, n)
}

// secret reports whether the parameter of a form or query is a secret of the URL.
func (r *reader) secret(name []byte) bool {
	return len(r.secretQuery) > 0 && slices.Contains(r.secretQuery, string(name))
}

// take reads one member into the message, or keeps it for finish.
func (r *reader) take(id variable, m *wire.Member) {
	slot := r.slot[id]
	if slot == nil {
		r.others = append(r.others, other{Member: *m})
		return
	}
	if m.Absent() {
		if r.seen&(1<<id) != 0 {
			clearField(slot)
			r.seen &^= 1 << id
		}
		if id == varDevice {
			r.absent = absent{string(m.Text[:min(len(m.Text), maxErrorValue)]), m.Offset}
		}
		return
	}
	if err := r.assign(slot, m); err != nil {
		if t, ok := trimmed(m); ok {
			r.take(id, &t)
			return
		}
		r.fail(id, m, err)
		return
	}
	r.seen |= 1 << id
}

// trimmed returns a scalar without the white space around it, if there is any: templates
// have it inside the quotes, and at the end of a URL.
func trimmed(m *wire.Member) (t wire.Member, ok bool) {
	t = *m
	t.Text = bytes.TrimSpace(m.Text)
	return t, m.Kind != wire.Composite && len(t.Text) < len(m.Text)
}

// complete reports whether finish has nothing to do.
func (r *reader) complete() bool {
	return len(r.others) == 0 && r.failed == nil && r.seen&(1<<varDevice) != 0 && r.payload == nil
}

// finish ends a message: the members that are left are renamed variables, custom
// data or extra. It returns the first error.
func (r *reader) finish() error {
	if len(r.others) > 0 && r.failed == nil {
		r.takeOthers()
	}
	if r.failed == nil && r.seen&(1<<varDevice) == 0 {
		r.failed = r.noDevice()
	}
	if r.failed == nil && r.payload != nil && r.custom != nil {
		r.custom.decode(r.payload, r.fields.payload())
	}
	return r.failed
}

func (r *reader) takeOthers() {
	others := r.others[:0]
	for _, o := range lastOfEach(r.others) {
		if o.Absent() {
			continue
		}
		o.alias = alias(o.Name)
		others = append(others, o)
	}
	if len(others) > 1 {
		slices.SortStableFunc(others, func(a, b other) int {
			switch {
			case a.fromQuery != b.fromQuery && a.fromQuery:
				return 1
			case a.fromQuery != b.fromQuery:
				return -1
			default:
				return a.alias.rank - b.alias.rank
			}
		})
	}
	var unread *other
	for i := range others {
		o := &others[i]
		switch {
		case r.takeCanonical(&o.Member):
		case r.takeAlias(o):
		case r.takeCustom(o):
		default:
			if o.alias.id == varDevice && unread == nil {
				unread = o
			}
			r.takeExtra(o)
		}
	}
	if unread != nil && r.seen&(1<<varDevice) == 0 {
		r.fail(varDevice, &unread.Member, r.assign(r.slot[varDevice], &unread.Member))
	}
}

// takeAlias reads a renamed variable.
func (r *reader) takeAlias(o *other) bool {
	id := o.alias.id
	slot := r.slot[id]
	if slot == nil || r.seen&(1<<id) != 0 {
		return false
	}
	if r.assign(slot, &o.Member) != nil {
		t, ok := trimmed(&o.Member)
		if !ok || t.Absent() || r.assign(slot, &t) != nil {
			return false
		}
	}
	if p, ok := slot.(*sigfox.Opt[Location]); ok && !isComputed(p) {
		p.Clear()
		return false
	}
	r.seen |= 1 << id
	return true
}

// isComputed reports whether an object is what {computedLocation} stands for: others have
// their own objects under names such as "location".
func isComputed(p *sigfox.Opt[Location]) bool {
	l, ok := p.Get()
	return ok && (l.Status.Present() || l.Lat.Present() && l.Lng.Present())
}

// takeCustom reads a key that is literally customData#name.
func (r *reader) takeCustom(o *other) bool {
	name, ok := cutPrefix(o.Name, customPrefix)
	if !ok || r.custom == nil || o.Kind == wire.Composite {
		return false
	}
	o.Name = name
	r.setCustom(&o.Member)
	return true
}

func (r *reader) takeExtra(o *other) {
	if _, known := (*r.extra)[string(o.Name)]; known && o.fromQuery {
		return
	}
	r.setExtra(&o.Member)
}

func (r *reader) setExtra(m *wire.Member) {
	r.failValue(r.extra.setStray(m))
}

// setCustom stores a value of the payload configuration, with the type of its field
// if that is known and fits.
func (r *reader) setCustom(m *wire.Member) {
	if m.Kind == wire.Bare && string(m.Text) == "null" { // NaN and the infinities are written so
		return
	}
	if r.payload != nil {
		if f, ok := r.payload.Field(string(m.Name)); ok {
			if v, err := f.ParseValue(m.Text); err == nil {
				r.custom.put(string(m.Name), v)
				return
			}
		}
	}
	r.failValue(r.custom.set(m))
}

// failValue notes why an undocumented value cannot be kept, if it cannot.
func (r *reader) failValue(err *wire.SyntaxError) {
	if err != nil && r.failed == nil {
		r.failed = r.syntaxError(0, err)
	}
}

func cutPrefix(name []byte, prefix string) ([]byte, bool) {
	if len(name) > len(prefix) && string(name[:len(prefix)]) == prefix {
		return name[len(prefix):], true
	}
	return nil, false
}

// errNotNested means that a scalar stands where an object or array belongs.
var errNotNested = errors.New("not a JSON object or array")

// fail notes the first value that cannot be read. The rest of the message is
// still scanned, to find where it ends.
func (r *reader) fail(id variable, m *wire.Member, err error) {
	if r.failed != nil {
		return
	}
	if !isUnreadable(err) { // such an error is from inside a nested value
		if m.Kind == wire.Composite && m.Text == nil {
			r.object.Text(m) // was left unread
		}
		err = r.fieldError(catalogue[id].Name, m.Text, m.Offset, err)
	}
	r.failed = err
}

func (r *reader) fieldError(field string, value []byte, offset int, err error) *FieldError {
	return &FieldError{
		Service: r.service, Field: field,
		Value: string(value[:min(len(value), maxErrorValue)]), Offset: offset, Err: err,
	}
}

func (r *reader) syntaxError(base int, err *wire.SyntaxError) *SyntaxError {
	return &SyntaxError{Service: r.service, Offset: base + err.Offset, Msg: err.Msg}
}
