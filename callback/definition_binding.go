package callback

import (
	"iter"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// binding is what a name in a template stands for.
type binding struct {
	id     variable
	name   string
	custom []byte // the name of {customData#name}
	bare   bool   // it stands in JSON without quotes
}

func newBinding(name string) binding {
	b := binding{id: variableNamed(name), name: name}
	if custom, ok := strings.CutPrefix(name, customPrefix); ok {
		b.custom = []byte(custom)
	}
	return b
}

// bind resolves the names of all templates that are read.
func (c *compiled) bind(format Format) {
	c.bindings = make(map[string]*binding)
	for _, t := range c.sent() {
		for name := range t.Variables() {
			b := newBinding(name)
			c.bindings[name] = &b
		}
	}
	if !c.has(catalogue[varDevice].Name) {
		c.unknown = nil // the body may have it, by any name
	}
	c.onlyBody = c.form == nil && len(c.headers) == 0 && (c.url == nil || !hasVariables(c.url))
	if c.body == nil || format != FormatJSON {
		return
	}
	for h := range placeholders(c.body) {
		c.bindings[h.name].bare = !h.quoted && h.alone
	}
	c.program = newProgram(c.body, c.bindings)
}

// sent returns the templates of what is sent in a request.
func (c *compiled) sent() (list []*template.Template) {
	for _, t := range []*template.Template{c.url, c.body, c.form, c.line} {
		if t != nil {
			list = append(list, t)
		}
	}
	for _, h := range c.headers {
		list = append(list, h.value)
	}
	return list
}

// setBound reads the value of a variable. What cannot be read is told by finish.
func (r *reader) setBound(b *binding, m *wire.Member) {
	absent := m.Absent()
	r.blank = r.blank || absent
	switch {
	case b.custom != nil:
		if !absent && r.custom != nil {
			m.Name = b.custom
			r.setCustom(m)
		}
	case r.slot[b.id] != nil:
		r.take(b.id, m)
	case !absent: // of another service
		m.Name = []byte(b.name)
		r.setExtra(m)
	}
}

// placeholder is a variable in a template for JSON.
type placeholder struct {
	name          string
	before, after string // the text back to the variable before, and all that follows
	quoted        bool   // it stands inside a string
	alone         bool   // it is all of the string or value
}

// placeholders yields the variables of a template for JSON, in their order.
func placeholders(t *template.Template) iter.Seq[placeholder] {
	known := make(map[string]bool)
	for name := range t.Variables() {
		known[name] = true
	}
	return func(yield func(placeholder) bool) {
		rest, quoted := t.String(), false
		for from := 0; ; {
			open := strings.IndexByte(rest[from:], '{') + from
			if open < from {
				return
			}
			name, after, _ := strings.Cut(rest[open+1:], "}")
			if !known[name] {
				from = open + 1
				continue
			}
			h := placeholder{name: name, before: rest[:open], after: after}
			quoted = endsInString(h.before, quoted)
			h.quoted = quoted
			if quoted {
				h.alone = strings.HasSuffix(h.before, `"`) && !strings.HasSuffix(h.before, `\"`) && strings.HasPrefix(after, `"`)
			} else {
				before, after := strings.TrimRight(h.before, jsonSpace), strings.TrimLeft(after, jsonSpace)
				h.alone = strings.LastIndexAny(before, ":,[") == len(before)-1 && strings.IndexAny(after, ",]}") == 0
			}
			if !yield(h) {
				return
			}
			rest, from = after, 0
		}
	}
}

const jsonSpace = " \t\r\n"

// endsInString reports whether the end of a part of a JSON text is inside a string,
// as its start is or is not.
func endsInString(text string, quoted bool) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}
