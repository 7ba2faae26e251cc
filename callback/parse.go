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

// boundReader is the working memory for a request: a reader and the message that it reads
// into. It is bound to that once; messages are copied out when they are complete.
type boundReader[M Message] struct {
	reader
	message M
}

// Append reads the messages of a request and appends them to dst. They share no
// memory with the input.
//
// Numbers and booleans may be strings, with white space around them; times of 10^11 and
// more are milliseconds, and a fraction of a second is cut off; a seqNumber of four digits
// that begins with 0 is hex; null, "null", "N/A", "" and unreplaced placeholders such as
// "{rssi}" are absent values; the last of several members with the same name counts; members
// that the service does not document are kept in Extra. Parameters of the query fill what the
// body leaves out.
//
// The error joins a *FieldError or *SyntaxError for each message that cannot be
// read; the messages that can are returned beside it. A message without device id
// cannot be read. ErrContentType is returned for a content type that the cloud
// does not send; ErrTooLarge, without messages, for a query, or what a definition has in path
// and headers, that is too long to stand for each message of a batch: 1 MiB, or 4 times the
// request if that is more, are read for all.
func (p *Parser[M]) Append(dst []M, in Input) ([]M, error) {
	w, ok := p.readers.Get().(*boundReader[M])
	if !ok {
		w = p.newReader()
	}
	var err error
	if w.matched = p.templates != nil && w.matchProgram(p.templates, &in); w.matched && w.complete() {
		dst = w.appendTo(dst)
	} else {
		n := len(dst)
		if dst, err = p.append(dst, w, &in); w.sharedLeft < 0 {
			clear(dst[n:]) // none, lest those that were read are all that is heard of
			dst, err = dst[:n], tooMuchShared(w.shared)
		}
	}
	w.data = nil // it is the caller's
	p.readers.Put(w)
	return dst, err
}

// matchProgram reads a request of which the body is all that the definition describes, if
// the body is what the program expects.
func (w *boundReader[M]) matchProgram(t *compiled, in *Input) bool {
	if t.program == nil || !t.onlyBody || in.Query != "" {
		return false
	}
	w.reuse()
	w.data = in.Body[in.start():]
	return t.program.run(&w.reader)
}

func (p *Parser[M]) newReader() *boundReader[M] {
	w := new(boundReader[M])
	w.service, w.strings = w.message.Service(), &p.strings
	if p.templates != nil {
		w.payload = p.templates.payload
	}
	if b, ok := any(&w.message).(binder); ok { // every Message is one
		w.bind(b)
	}
	return w
}

func (p *Parser[M]) append(dst []M, w *boundReader[M], in *Input) ([]M, error) {
	in.unwrapJSON()
	w.queryText, w.secretQuery = in.Query, in.secretQuery
	w.shared, w.sharedLeft = 0, 0
	if in.Query != "" || p.templates != nil {
		w.shared = p.templates.outside(in)
		w.sharedLeft = wire.SharedBudget(w.shared, in.Body)
	}
	var mismatch error
	if p.definition != nil {
		out, ok, err := p.appendDefined(dst, w, in)
		if ok {
			return out, err
		}
		mismatch = err
	}
	out, err := p.appendNamed(dst, w, in)
	if err != nil {
		w.explain(err, mismatch, in, p.anonymous)
	}
	return out, err
}

// appendNamed reads a request by the names of its members.
func (p *Parser[M]) appendNamed(dst []M, w *boundReader[M], in *Input) ([]M, error) {
	format, start, err := in.format()
	if err != nil {
		return dst, err
	}
	switch format {
	case FormatJSON:
		if p.definition != nil {
			if out, ok, err := p.appendDefinedList(dst, w, in); ok {
				return out, err
			}
		}
		w.data = in.Body
		return w.appendJSON(dst, start)
	case FormatText:
		w.pairs.Reset(in.Body)
		return w.appendOne(dst, &w.pairs)
	default:
		w.form.Reset(in.Body[start:])
		return w.appendOne(dst, &w.form)
	}
}

// begin starts to read a message.
func (w *boundReader[M]) begin() {
	var empty M
	w.message = empty
	w.reader.begin()
	w.dirty = true
}

// reuse starts a message whose fields will be written by a program that wrote the same
// fields of the last one: clearing them takes as long as reading some.
func (w *boundReader[M]) reuse() {
	if w.dirty {
		w.begin()
		w.dirty = w.payload != nil // custom data is a map, which each message has for itself
		return
	}
	w.reader.begin()
}

// appendTo appends the message. The function append would copy it twice.
func (w *boundReader[M]) appendTo(dst []M) []M {
	n := len(dst)
	dst = slices.Grow(dst, 1)[:n+1]
	dst[n] = w.message
	return dst
}

// appendOne reads the only message of a form or text.
func (w *boundReader[M]) appendOne(dst []M, src members) ([]M, error) {
	w.begin()
	err := w.readMembers(src)
	if err == nil {
		err = w.readQuery()
	}
	if err == nil {
		err = w.finish()
	}
	if err != nil {
		return dst, err
	}
	return w.appendTo(dst), nil
}

// appendJSON reads one object, one object a line, or an array of objects.
func (w *boundReader[M]) appendJSON(dst []M, pos int) ([]M, error) {
	if w.data[pos] == '[' {
		return w.appendArray(dst, pos)
	}
	dst, pos, err := w.appendObject(dst, pos)
	if pos == len(w.data) {
		return dst, err
	}
	var failed batchErrors
	failed.add(err)
	for pos < len(w.data) {
		dst, pos, err = w.appendObject(dst, pos)
		failed.add(err)
	}
	return dst, failed.join()
}

// appendObject reads the message at pos and returns where the next one starts.
func (w *boundReader[M]) appendObject(dst []M, pos int) ([]M, int, error) {
	w.begin()
	end, err := w.readObject(pos)
	if err != nil {
		// A batch goes on with the next line that can be a message.
		from := max(end-1, pos) // white space was skipped
		next := bytes.Index(w.data[from:], []byte("\n{"))
		if next < 0 {
			return dst, len(w.data), err
		}
		return dst, from + next + 1, err
	}
	if err = w.readQuery(); err == nil {
		err = w.finish()
	}
	if err == nil {
		dst = w.appendTo(dst)
	}
	return dst, wire.SkipSpace(w.data, end), err
}

func (w *boundReader[M]) appendArray(dst []M, pos int) ([]M, error) {
	var failed batchErrors
	end, syntax := wire.Array(w.data, pos, func(m *wire.Member) bool {
		var err error
		if m.Kind != wire.Composite || m.Text[0] != '{' {
			err = w.syntaxError(0, &wire.SyntaxError{Offset: m.Offset, Msg: "object expected"})
		} else {
			dst, _, err = w.appendObject(dst, m.Offset)
		}
		failed.add(err)
		return true
	})
	if syntax == nil && wire.SkipSpace(w.data, end) < len(w.data) {
		syntax = &wire.SyntaxError{Offset: end, Msg: "text after the array"}
	}
	if syntax != nil {
		failed.add(w.syntaxError(0, syntax))
	}
	return dst, failed.join()
}

// batchErrors collects the errors of a batch by line.
type batchErrors struct {
	lines  int
	failed int     // of the lines
	errs   []error // of the first of those
	at     []int
}

// maxBatchErrors bounds what a hostile body can make us keep.
const maxBatchErrors = 100

func (b *batchErrors) add(err error) {
	b.lines++
	if err == nil {
		return
	}
	if b.failed++; b.failed <= maxBatchErrors {
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
