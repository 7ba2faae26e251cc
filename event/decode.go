package event

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// decoder is the visitor that reads members.
type decoder struct {
	members *members
	prefix  string // of the names of members in errors
	err     error  // the first one
}

// read gives the member with this name to set, if there is one.
func (d *decoder) read(name string, set func(m *wire.Member) error) {
	if d.err != nil {
		return
	}
	m, guess := d.members.find(name)
	if m == nil {
		return
	}
	err := set(&m.Member)
	if t := trimmed(m.Member); err != nil && len(t.Text) < len(m.Text) {
		if t.Absent() {
			m.used = true
			return
		}
		err = set(&t)
	}
	switch {
	case err == nil:
		m.used = true
	case guess || errors.Is(err, errKeep):
		// It stays in Extra.
	default:
		d.err = fieldError(d.prefix+name, &m.Member, err)
	}
}

// trimmed returns a scalar without the white space around it.
func trimmed(m wire.Member) wire.Member {
	if m.Kind != wire.Composite {
		m.Text = bytes.TrimSpace(m.Text)
	}
	return m
}

// errKeep means that a value is to be kept as it is.
var errKeep = errors.New("not known")

const maxErrorValue = 64

// fieldError describes a value that cannot be read. Errors from inside of it are
// returned as they are.
func fieldError(field string, m *wire.Member, err error) error {
	if _, ok := errors.AsType[*callback.FieldError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*callback.SyntaxError](err); ok {
		return err
	}
	if errors.Is(err, wire.ErrRange) {
		err = callback.ErrRange
	}
	return &callback.FieldError{
		Service: callback.EventCallback,
		Field:   field,
		Value:   string(m.Text[:min(len(m.Text), maxErrorValue)]),
		Offset:  m.Offset,
		Err:     err,
	}
}

func syntaxError(base int, err *wire.SyntaxError) error {
	return &callback.SyntaxError{Service: callback.EventCallback, Offset: base + err.Offset, Msg: err.Msg}
}

func (d *decoder) text(name string, p *string) {
	d.read(name, func(m *wire.Member) error { return setText(p, m) })
}

func (d *decoder) word(name string, p *string, canonical func(string) string) {
	d.read(name, func(m *wire.Member) error {
		err := setText(p, m)
		*p = canonical(*p)
		return err
	})
}

func (d *decoder) id(name string, p *string) {
	d.read(name, func(m *wire.Member) (err error) {
		*p, err = parseID(m)
		return err
	})
}

func (d *decoder) ids(name string, p *[]string) {
	d.read(name, func(m *wire.Member) (err error) {
		*p, err = parseIDs(m)
		return err
	})
}

func (d *decoder) device(name string, p *sigfox.Opt[sigfox.DeviceID]) {
	d.read(name, scalar(p, func(text []byte) (id sigfox.DeviceID, err error) {
		err = id.UnmarshalText(text)
		return id, err
	}))
}

func (d *decoder) seqNumber(name string, p *sigfox.Opt[sigfox.SeqNumber]) {
	d.read(name, scalar(p, parseSeqNumber))
}

func (d *decoder) number(name string, p *sigfox.Opt[float64]) {
	d.read(name, scalar(p, wire.ParseFloat))
}

func (d *decoder) unix(name string, p *time.Time) {
	d.read(name, func(m *wire.Member) (err error) {
		if m.Kind == wire.Composite {
			return callback.ErrComposite
		}
		*p, err = parseTime(m.Text)
		return err
	})
}

func (d *decoder) date(name string, p *time.Time) { d.unix(name, p) }

func (d *decoder) info(name string, p *DeviceInfo) {
	d.read(name, func(m *wire.Member) error { return p.parse(d.prefix+name+".", m) })
}

// setText sets p to the text of a scalar.
func setText(p *string, m *wire.Member) error {
	if m.Kind == wire.Composite {
		return callback.ErrComposite
	}
	*p = string(m.Text)
	return nil
}

// scalar returns a function that reads a scalar into p.
func scalar[T any](p *sigfox.Opt[T], parse func(text []byte) (T, error)) func(m *wire.Member) error {
	return func(m *wire.Member) error {
		if m.Kind == wire.Composite {
			return callback.ErrComposite
		}
		v, err := parse(m.Text)
		if err == nil {
			*p = sigfox.Some(v)
		}
		return err
	}
}
