package callback

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// ParseBody reads the callbacks in a body: one, or the messages of a batch. The
// content type may be empty. See Parser.Append for what it accepts and returns.
func ParseBody[M Message](contentType string, body []byte) ([]M, error) {
	var p Parser[M]
	return p.Append(nil, Input{ContentType: contentType, Body: body})
}

// Parser reads callbacks of one service. It keeps its working memory from one
// request to the next. The zero value reads documented names and the
// RenamedKeys; NewParser makes one that follows a Definition. A Parser is safe
// for concurrent use and must not be copied.
type Parser[M Message] struct {
	readers sync.Pool
	strings interner

	definition *Definition // nil: documented names
	templates  *compiled
	anonymous  bool // the definition does not send the device
}

// Append reads the messages of a request and appends them to dst. They share no
// memory with the input.
//
// Numbers and booleans may be strings; null, "null", "N/A", "" and unreplaced
// placeholders such as "{rssi}" are absent values; the last of several members with
// the same name counts; members that the service does not document are kept in
// Extra. Parameters of the query fill what the body leaves out.
//
// The error joins a *FieldError or *SyntaxError for each message that cannot be
// read; the messages that can are returned beside it. A message without device id
// cannot be read. ErrContentType is returned for a content type that the cloud
// does not send.
func (p *Parser[M]) Append(dst []M, in Input) ([]M, error) {
	r := p.reader()
	defer p.release(r)
	r.queryText = append(r.queryText[:0], in.Query...)
	r.secretQuery = in.secretQuery
	if p.definition != nil {
		if out, ok, err := p.appendDefined(dst, r, in); ok {
			return out, err
		}
	}
	format, start, err := in.format()
	if err != nil {
		return dst, err
	}
	switch format {
	case FormatJSON:
		r.data = in.Body
		return p.appendJSON(dst, r, start)
	case FormatText:
		r.pairs.Reset(in.Body)
		return p.appendOne(dst, r, &r.pairs)
	default:
		r.form.Reset(in.Body[start:])
		return p.appendOne(dst, r, &r.form)
	}
}

func (p *Parser[M]) reader() *reader {
	if r, ok := p.readers.Get().(*reader); ok {
		return r
	}
	var m M
	r := &reader{service: m.Service(), strings: &p.strings}
	if p.templates != nil {
		r.payload = p.templates.payload
	}
	return r
}

// release gives r back, without the text of the request.
func (p *Parser[M]) release(r *reader) {
	r.data = nil
	p.readers.Put(r)
}

// appendOne reads the only message of a form or text.
func (p *Parser[M]) appendOne(dst []M, r *reader, src members) ([]M, error) {
	n := len(dst)
	dst = p.begin(dst, r)
	err := r.readMembers(src)
	if err == nil {
		err = r.readQuery()
	}
	if err == nil {
		err = r.finish()
	}
	if err != nil {
		return dst[:n], err
	}
	return dst, nil
}

// begin appends an empty message and has r read into it.
func (p *Parser[M]) begin(dst []M, r *reader) []M {
	n := len(dst)
	dst = slices.Grow(dst, 1)[:n+1]
	clear(dst[n:])
	if b, ok := any(&dst[n]).(binder); ok { // every Message is one
		r.begin(b)
	}
	return dst
}

// appendJSON reads one object, one object a line, or an array of objects.
func (p *Parser[M]) appendJSON(dst []M, r *reader, pos int) ([]M, error) {
	if r.data[pos] == '[' {
		return p.appendArray(dst, r, pos)
	}
	dst, pos, err := p.appendObject(dst, r, pos)
	if pos == len(r.data) {
		return dst, err
	}
	var failed batchErrors
	failed.add(err)
	for pos < len(r.data) {
		dst, pos, err = p.appendObject(dst, r, pos)
		failed.add(err)
	}
	return dst, failed.join()
}

// appendObject reads the message at pos and returns where the next one starts.
func (p *Parser[M]) appendObject(dst []M, r *reader, pos int) ([]M, int, error) {
	n := len(dst)
	dst = p.begin(dst, r)
	r.object.Reset(r.data, pos)
	if err := r.readObject(); err != nil {
		// A batch goes on with the next line that can be a message.
		from := max(r.object.Pos()-1, pos) // white space was skipped
		next := bytes.Index(r.data[from:], []byte("\n{"))
		if next < 0 {
			return dst[:n], len(r.data), err
		}
		return dst[:n], from + next + 1, err
	}
	err := r.readQuery()
	if err == nil {
		err = r.finish()
	}
	if err != nil {
		dst = dst[:n]
	}
	return dst, wire.SkipSpace(r.data, r.object.Pos()), err
}

func (p *Parser[M]) appendArray(dst []M, r *reader, pos int) ([]M, error) {
	var failed batchErrors
	end, syntax := wire.Array(r.data, pos, func(m *wire.Member) bool {
		var err error
		if m.Kind != wire.Composite || m.Text[0] != '{' {
			err = r.syntaxError(0, &wire.SyntaxError{Offset: m.Offset, Msg: "object expected"})
		} else {
			dst, _, err = p.appendObject(dst, r, m.Offset)
		}
		failed.add(err)
		return true
	})
	if syntax == nil && wire.SkipSpace(r.data, end) < len(r.data) {
		syntax = &wire.SyntaxError{Offset: end, Msg: "text after the array"}
	}
	if syntax != nil {
		failed.add(r.syntaxError(0, syntax))
	}
	return dst, failed.join()
}

// batchErrors collects the errors of a batch by line.
type batchErrors struct {
	lines int
	errs  []error
	at    []int
}

// maxBatchErrors bounds what a hostile body can make us keep.
const maxBatchErrors = 100

func (b *batchErrors) add(err error) {
	b.lines++
	if err != nil && len(b.errs) < maxBatchErrors {
		b.errs = append(b.errs, err)
		b.at = append(b.at, b.lines)
	}
}

// join returns the errors, with the number of their line if there are several.
func (b *batchErrors) join() error {
	if b.lines > 1 {
		for i, err := range b.errs {
			if f, ok := errors.AsType[*FieldError](err); ok {
				f.Line = b.at[i]
			}
			if s, ok := errors.AsType[*SyntaxError](err); ok {
				s.Line = b.at[i]
			}
		}
	}
	if len(b.errs) == 1 {
		return b.errs[0]
	}
	return errors.Join(b.errs...)
}
