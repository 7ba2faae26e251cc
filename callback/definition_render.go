package callback

import (
	"bytes"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/template"
)

// Compiled is a definition that is ready for sending. It is immutable and safe for
// concurrent use.
type Compiled struct {
	definition Definition
	templates  *compiled
	url        *string // what is sent, if it has no variables
}

// Compile compiles the templates of the definition. It asks for less than Validate:
// the error is a *DefinitionError only for what cannot be rendered.
func (d *Definition) Compile() (*Compiled, error) {
	var problems DefinitionError
	c := &Compiled{definition: *d, templates: d.compile(sending, problems.add)}
	if len(problems.Errors) > 0 {
		return nil, problems.finish()
	}
	c.url = fixed(c.templates.url)
	for i := range c.templates.headers {
		h := &c.templates.headers[i]
		h.fixed = fixed(h.value)
	}
	return c, nil
}

// fixed returns what a template renders that has no variables, nil if it has some.
func fixed(t *template.Template) *string {
	if t != nil && hasVariables(t) {
		return nil
	}
	text, err := renderText(t, nil, template.Map{})
	if err != nil {
		return nil // each message is told
	}
	return &text
}

// Definition returns the definition that was compiled.
func (c *Compiled) Definition() Definition { return c.definition }

// Outgoing is a rendered request.
type Outgoing struct {
	// Method is GET, POST or PUT.
	Method string
	// URL is the address, without user and password.
	URL string
	// Header holds the custom headers, Content-Type if there is a body, and the Basic
	// credentials of the URL.
	Header http.Header
	// Body is nil for GET.
	Body []byte
}

// Render renders the request for one message, for the channel URL. As the cloud
// does, it moves the parameters of the URL into the body of a form. The error is a
// *template.RenderError.
func (c *Compiled) Render(src template.Source) (*Outgoing, error) {
	return c.render(src)
}

// lineSeparator stands between the lines of a batch. Which one the cloud uses is
// not documented.
const lineSeparator = "\n"

// RenderLine appends the line that stands for one message in a batch, for the
// channel BATCH_URL. The error is a *template.RenderError, also for a value with a line
// break, or a *DefinitionError without line pattern.
func (c *Compiled) RenderLine(dst []byte, src template.Source) ([]byte, error) {
	if c.templates.line == nil {
		var e DefinitionError
		e.add("linePattern", "required")
		return dst, e.finish()
	}
	return c.templates.line.Append(dst, src)
}

// RenderBatch renders the request for the messages of one second, for the channel
// BATCH_URL, from what RenderLine made of them: the lines are put in place of
// {batch}. If the URL has no {batch}, they are the body, as text/plain unless
// ContentType says otherwise. The error is a *template.RenderError.
func (c *Compiled) RenderBatch(lines iter.Seq[[]byte]) (*Outgoing, error) {
	batch := bytes.Join(slices.Collect(lines), []byte(lineSeparator))
	out, err := c.render(template.Map{batchVariable: string(batch)})
	if err != nil {
		return nil, err
	}
	if !c.hasBatchVariable() {
		if c.definition.ContentType == "" {
			out.Header.Set("Content-Type", typeText)
		}
		out.Body = batch
		out.Method = c.definition.method()
	}
	return out, nil
}

func (c *Compiled) hasBatchVariable() bool {
	return c.templates.url != nil && slices.Contains(slices.Collect(c.templates.url.Variables()), batchVariable)
}

// Mail is a rendered e-mail.
type Mail struct{ Recipient, Subject, Message string }

// RenderMail renders the e-mail for one message, for the channel EMAIL.
func (c *Compiled) RenderMail(src template.Source) (m Mail, err error) {
	m.Recipient = c.definition.Recipient
	if m.Subject, err = renderText(c.templates.subject, nil, src); err != nil {
		return Mail{}, err
	}
	m.Message, err = renderText(c.templates.message, nil, src)
	return m, err
}

// renderText renders text, unless it is fixed.
func renderText(t *template.Template, fixed *string, src template.Source) (string, error) {
	if fixed != nil {
		return *fixed, nil
	}
	if t == nil {
		return "", nil
	}
	b, err := t.Append(nil, src)
	return string(b), err
}

func (c *Compiled) render(src template.Source) (*Outgoing, error) {
	out := &Outgoing{Method: c.definition.method(), Header: make(http.Header)}
	var err error
	if out.URL, err = renderText(c.templates.url, c.url, src); err != nil {
		return nil, err
	}
	for _, h := range c.templates.headers {
		value, err := renderText(h.value, h.fixed, src)
		if err != nil {
			return nil, err
		}
		out.Header.Set(h.name, value)
	}
	if u := c.templates.user; u != nil {
		password, _ := u.Password()
		r := http.Request{Header: out.Header}
		r.SetBasicAuth(u.Username(), password)
	}
	if !c.definition.hasBody() {
		return out, nil
	}
	return out, c.renderBody(out, src)
}

// renderBody renders the body. A form takes over the query of the URL.
func (c *Compiled) renderBody(out *Outgoing, src template.Source) error {
	t := c.templates.body
	if c.templates.form != nil {
		t = c.templates.form
		out.URL = withoutQuery(out.URL)
	}
	if t != nil {
		var err error
		if out.Body, err = t.Append(nil, src); err != nil {
			return err
		}
	}
	contentType := c.definition.ContentType
	if contentType == "" {
		contentType = contentTypes[c.definition.bodyFormat()]
	}
	out.Header.Set("Content-Type", contentType)
	return nil
}

var contentTypes = map[Format]string{FormatForm: typeForm, FormatJSON: typeJSON, FormatText: typeText}

// withoutQuery cuts the query off a rendered URL.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}
