package event

import (
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// extra returns the members that were not used and have a value, in canonical JSON
// also those under its "extra".
func (ms *members) extra(canonical bool) (callback.Extra, *wire.SyntaxError) {
	extra := make(callback.Extra)
	for i := range ms.list {
		m := &ms.list[i]
		if m.used || m.Absent() {
			continue
		}
		var err *wire.SyntaxError
		if canonical && string(m.Name) == memberExtra && m.Kind == wire.Composite && m.Text[0] == '{' {
			err = addMembers(extra, m)
		} else {
			err = addMember(extra, &m.Member)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(extra) == 0 {
		return nil, nil
	}
	return extra, nil
}

func addMembers(extra callback.Extra, m *member) *wire.SyntaxError {
	var o wire.Object
	o.Reset(m.Text, 0)
	inner, err := readMembers(&o)
	if err != nil {
		return &wire.SyntaxError{Offset: m.Offset + err.Offset, Msg: err.Msg}
	}
	inner.moveTo(&m.Member)
	for i := range inner.list {
		if m := &inner.list[i].Member; !m.Absent() {
			if err := addMember(extra, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func addMember(extra callback.Extra, m *wire.Member) (err *wire.SyntaxError) {
	extra[string(m.Name)], err = wire.RawJSON(m)
	return err
}
