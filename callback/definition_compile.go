package callback

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/template"
)

// batchVariable stands in the URL for the lines of a batch.
const batchVariable = "batch"

// header is a compiled custom header.
type header struct {
	name  string
	value *template.Template
	fixed *string // what is sent, if it has no variables
}

// compiled holds the templates of a definition; nil for those that it lacks.
type compiled struct {
	url, body, line  *template.Template
	loose            *template.Template // for reading: the body as text, if it is no valid JSON
	unknown          *template.Template // for reading: any JSON object, if the definition has no body
	subject, message *template.Template
	form             *template.Template // the query and the form body as one form
	headers          []header           // sorted by name
	payload          *template.PayloadConfig
	user             *url.Userinfo

	// For reading.
	bindings map[string]*binding // what the variables stand for
	program  *program            // of the body, nil if it has none
	onlyBody bool                // neither URL nor headers have variables
}

// direction is what templates are compiled for.
type direction bool

const (
	sending direction = false
	reading direction = true
)

// compile compiles the templates. Each field that cannot be is told to problem.
func (d *Definition) compile(dir direction, problem func(field, message string)) *compiled {
	c := &compiled{}
	if d.PayloadConfig != "" {
		var err error
		if c.payload, err = template.ParsePayloadConfig(d.PayloadConfig); err != nil {
			problem("payloadConfig", err.Error())
		}
	}
	options := d.templateOptions(dir, c.payload)
	parse := func(field, src string, place template.Place) *template.Template {
		if src == "" {
			return nil
		}
		options.Place = place
		t, err := template.Parse(src, options)
		if err != nil {
			problem(field, err.Error())
			return nil
		}
		return t
	}
	address := strings.Trim(d.URL, " ") // some are pasted with a blank behind them
	if u, rest, ok := cutUser(address); ok {
		c.user, address = u, rest
	}
	address = encodeAddress(address)
	c.url = parse("url", address, template.URL)
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		if t := parse("headers", d.Headers[name], template.Header); t != nil && (dir == sending || hasVariables(t)) {
			c.headers = append(c.headers, header{name: http.CanonicalHeaderKey(name), value: t})
		}
	}
	if d.isBatch() {
		c.form = parse("url", query(address), template.Form)
		c.line = parse("linePattern", d.linePattern(dir), template.Line)
	} else if dir == reading || d.hasBody() {
		d.compileBody(c, dir, query(address), parse)
	}
	c.subject = parse("subject", d.Subject, template.Text)
	c.message = parse("message", d.Message, template.Text)
	return c
}

// linePattern returns the pattern of a line. Lines are read without their ends, which a
// pattern has that comes from a text area.
func (d *Definition) linePattern(dir direction) string {
	if dir == sending {
		return d.LinePattern
	}
	return strings.TrimRight(d.LinePattern, "\r\n")
}

// byteOrderMark is at the start of what some editors save; JSON must not have it.
const byteOrderMark = "\ufeff"

// compileBody compiles the body of the channel URL.
func (d *Definition) compileBody(
	c *compiled, dir direction, query string, parse func(field, src string, place template.Place) *template.Template,
) {
	body, format := strings.TrimPrefix(d.BodyTemplate, byteOrderMark), d.bodyFormat()
	if dir == reading && body == "" {
		format = FormatForm // the variables of the URL may arrive as a form, whatever its type
		c.unknown = parse("bodyTemplate", "{}", template.JSON)
	}
	switch format {
	case FormatJSON:
		c.body = parse("bodyTemplate", body, template.JSON)
		if dir == reading && c.body != nil && c.body.ValidJSON() != nil {
			c.loose = parse("bodyTemplate", string(trimText([]byte(body))), template.Text)
		}
	case FormatText:
		if dir == reading {
			body = string(trimText([]byte(body)))
		}
		c.body = parse("bodyTemplate", body, template.Text)
	default:
		// The cloud puts the parameters of the query in front of those of the body.
		c.form = parse("bodyTemplate", joinForms(query, body), template.Form)
	}
}

// trimText has lines end in a line feed, and removes white space around the text: on
// the way from a page to a file and back they change.
func trimText(text []byte) []byte { return bytes.TrimSpace(unixLines(text)) }

// unixLines has lines end in a line feed.
func unixLines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	return text
}

// templateOptions tells the template compiler which names are variables of the
// service and what sort of value they have. What is sent by a name that the service
// does not offer is the name itself; when reading, every name of the network may
// have a value, since the definition may be incomplete.
func (d *Definition) templateOptions(dir direction, payload *template.PayloadConfig) template.Options {
	return template.Options{
		Layout: messageLayout,
		Known: func(name string) bool {
			if name == batchVariable {
				return d.isBatch()
			}
			custom, isCustom := strings.CutPrefix(name, customPrefix)
			if dir == reading {
				// The documentation of events is incomplete: each name may be a variable.
				return isCustom || variableNamed(name) != varNone || d.Service == EventCallback
			}
			if isCustom {
				if payload == nil {
					return false
				}
				_, ok := payload.Field(custom)
				return ok
			}
			_, ok := d.Service.Variable(name)
			return ok
		},
		Kind: func(name string) template.Kind {
			if strings.HasPrefix(name, customPrefix) && payload != nil {
				if isChar(payload, name) {
					return template.KindString
				}
				return template.KindNumber
			}
			v, _ := d.Service.Variable(name)
			switch v.Type {
			case TypeInteger, TypeFloat, TypeBool:
				return template.KindNumber
			case TypeJSON:
				return template.KindObject
			default:
				return template.KindString
			}
		},
		Free: func(name string) bool { return isFreeText[variableNamed(name)] || isChar(payload, name) },
	}
}

// isChar reports whether {name} is a text of the payload.
func isChar(payload *template.PayloadConfig, name string) bool {
	custom, ok := strings.CutPrefix(name, customPrefix)
	if !ok || payload == nil {
		return false
	}
	f, ok := payload.Field(custom)
	return ok && f.Type == template.FieldChar
}

// isFreeText has the variables whose values are words of people, with blanks and the like.
var isFreeText = [variableCount]bool{varInfo: true, varInfoMessage: true, varDeviceTypeName: true, varOperatorName: true}

// cutUser takes user and password out of a URL.
func cutUser(address string) (u *url.Userinfo, rest string, ok bool) {
	scheme, after, ok := strings.Cut(address, "://")
	if !ok {
		return nil, address, false
	}
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	at := strings.LastIndexByte(after[:end], '@')
	if at < 0 {
		return nil, address, false
	}
	name, password, hasPassword := strings.Cut(after[:at], ":")
	rest = scheme + "://" + after[at+1:]
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	if !hasPassword {
		return url.User(name), rest, true
	}
	if unescaped, err := url.PathUnescape(password); err == nil {
		password = unescaped
	}
	return url.UserPassword(name, password), rest, true
}

// encodeAddress percent-encodes what people write into path and query of a URL, such as
// "?text=Device {device} at 20 °C", though no request line can carry it: blanks, quotes,
// angle brackets and all that is not ASCII. Variables have none of them.
func encodeAddress(address string) string {
	start := pathStart(address)
	if strings.IndexFunc(address[start:], mustEncode) < 0 {
		return address
	}
	encoded := []byte(address[:start])
	for _, c := range []byte(address[start:]) {
		if mustEncode(rune(c)) {
			encoded = fmt.Appendf(encoded, "%%%02X", c)
		} else {
			encoded = append(encoded, c)
		}
	}
	return string(encoded)
}

// mustEncode reports whether the query percent-encode set of the URL standard
// (https://url.spec.whatwg.org) has c, of the characters that a template may have.
func mustEncode(c rune) bool { return c >= utf8.RuneSelf || strings.ContainsRune(" \"<>", c) }

// pathStart returns where the path of a URL begins, or whatever follows the host.
func pathStart(address string) int {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return 0
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return len(address) - len(rest) + end
	}
	return len(address)
}

// query returns the query of a URL template, without "?".
func query(address string) string {
	_, q, _ := strings.Cut(address, "?")
	return q
}

// joinForms joins two forms, either of which may be empty.
func joinForms(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimSuffix(a, "&") + "&" + strings.TrimPrefix(b, "&")
}
