package callback

import (
	"errors"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// appendDefinedList reads a list of messages, as services forward them that collect
// callbacks: an array of objects, or several objects one after the other. Each is read as
// the definition says or, if it does not look like that, as if there were none. ok is false
// if the body is no such list.
func (p *Parser[M]) appendDefinedList(dst []M, w *boundReader[M], in *Input) (out []M, ok bool, err error) {
	if p.definition.isBatch() || p.templates.body == nil {
		return dst, false, nil
	}
	list, ok := objects(in.Body, in.start())
	if !ok {
		return dst, false, nil
	}
	var failed batchErrors
	one := *in
	for _, at := range list {
		one.Body = in.Body[at.start:at.end]
		dst, ok, err = p.appendDefined(dst, w, &one)
		if !ok {
			w.data = one.Body
			dst, _, err = w.appendObject(dst, 0)
		}
		moveError(err, at.start)
		failed.add(err)
	}
	return dst, true, failed.join()
}

// extent is where an object stands in a body.
type extent struct{ start, end int }

// objects returns where the objects of a list stand. ok is false if there is but one, and
// if there is anything else.
func objects(data []byte, start int) (list []extent, ok bool) {
	if start == len(data) {
		return nil, false
	}
	if data[start] == '[' {
		only := true
		end, syntax := wire.Array(data, start, func(m *wire.Member) bool {
			list = append(list, extent{m.Offset, m.Offset + len(m.Text)})
			only = m.Kind == wire.Composite && m.Text[0] == '{'
			return only
		})
		return list, only && syntax == nil && wire.SkipSpace(data, end) == len(data)
	}
	var o wire.Object
	var m wire.Member
	for pos := start; pos < len(data); pos = wire.SkipSpace(data, o.Pos()) {
		for o.Reset(data, pos); o.Next(&m); {
		}
		if o.Err() != nil {
			return nil, false
		}
		list = append(list, extent{pos, o.Pos()})
	}
	return list, len(list) > 1
}

// moveError counts the offset in an error from the start of the text that holds the object
// at offset at.
func moveError(err error, at int) {
	if f, ok := errors.AsType[*FieldError](err); ok && !errors.Is(f.Err, ErrMissing) {
		f.Offset += at
	}
	if s, ok := errors.AsType[*SyntaxError](err); ok {
		s.Offset += at
	}
}
