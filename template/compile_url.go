package template

import (
	"fmt"
	"strings"
)

// route is one segment of a URL's path: literal text, or a hole.
type route struct {
	lit  string
	hole int // -1 for literal text
}

// params are the fields of a form or the parameters of a query.
type params struct {
	list  []param
	byKey map[string]int // the last one of each name
}

type param struct {
	key  string
	hole int // -1 if its value has no variable
}

func (c *compiler) compileForm() {
	c.render(func(placeholder) mode { return modePercent })
	c.addParams(0, len(c.text))
}

func (c *compiler) compileURL() error {
	path, query, fragment, err := c.splitURL()
	if err != nil {
		return err
	}
	for i := range len(c.text) {
		if hasControl(c.text[i : i+1]) {
			return &SyntaxError{i, "control character in a URL"}
		}
	}
	c.t.relative = path == 0 && !strings.HasPrefix(c.text, "//")
	c.render(func(v placeholder) mode {
		if v.start < query {
			return modePath
		}
		return modePercent
	})
	c.addPath(path, query)
	if query < fragment {
		c.addParams(query+1, fragment)
	}
	return nil
}

// splitURL returns where path, query ('?') and fragment ('#') of the URL begin.
// A position is that of the next part if there is none.
func (c *compiler) splitURL() (path, query, fragment int, err error) {
	path = c.authorityStart()
	path, err = c.authorityEnd(path)
	if err != nil {
		return 0, 0, 0, err
	}
	fragment = c.indexLiteral(path, len(c.text), '#')
	query = c.indexLiteral(path, fragment, '?')
	return path, query, fragment, nil
}

// authorityStart returns where userinfo and host begin, 0 if there are none.
func (c *compiler) authorityStart() int {
	if strings.HasPrefix(c.text, "//") {
		return len("//")
	}
	i := strings.Index(c.text, "://")
	if i < 0 || c.indexLiteral(0, i, '/') < i || c.indexLiteral(0, i, '?') < i || c.indexLiteral(0, i, '#') < i {
		return 0
	}
	return i + len("://")
}

// authorityEnd returns where the path begins. There must be no variable before it.
func (c *compiler) authorityEnd(start int) (int, error) {
	if start == 0 {
		return 0, nil
	}
	end := start
	for end < len(c.text) && !strings.ContainsRune(`/\?#`, rune(c.text[end])) {
		end++
	}
	if len(c.vars) > 0 && c.vars[0].start < end {
		v := c.vars[0]
		return 0, &SyntaxError{v.start, fmt.Sprintf("variable {%s} in the scheme, userinfo, host or port of a URL", v.name)}
	}
	return end, nil
}

// indexLiteral returns the position of b in the literal text of a range, its
// end if there is none.
func (c *compiler) indexLiteral(start, end int, b byte) int {
	for _, v := range c.varsIn(start, end) {
		if i := strings.IndexByte(c.text[start:v.start], b); i >= 0 {
			return start + i
		}
		start = v.end
	}
	if i := strings.IndexByte(c.text[start:end], b); i >= 0 {
		return start + i
	}
	return end
}

// addPath compiles the path for Match, from its first segment with a variable
// on: a proxy may have changed what stands before.
func (c *compiler) addPath(start, end int) {
	if len(c.varsIn(start, end)) == 0 {
		return
	}
	root := start
	for start <= end {
		next := c.indexLiteral(start, end, '/')
		p := c.pattern(start, next, appendUnescapedPath)
		switch {
		case len(p.vars) > 0:
			if len(c.t.path) == 0 {
				c.t.root = c.text[root:start]
			}
			h := c.addHole(p)
			c.t.holes[h].unescape = appendUnescapedPath
			c.t.path = append(c.t.path, route{hole: h})
		case len(c.t.path) > 0:
			c.t.path = append(c.t.path, route{lit: p.tail, hole: -1})
		}
		start = next + 1
	}
}

// addParams compiles the fields of a form, or the parameters of a query, for Match.
func (c *compiler) addParams(start, end int) {
	c.t.params.byKey = make(map[string]int)
	for start < end {
		next := c.indexLiteral(start, end, '&')
		if from, to := trimSpace(c.text, start, next); from < to {
			c.addParam(from, to)
		}
		start = next + 1
	}
}

func (c *compiler) addParam(start, end int) {
	equals := c.indexLiteral(start, end, '=')
	_, keyEnd := trimSpace(c.text, start, equals)
	key := c.pattern(start, keyEnd, appendUnescapedForm)
	if len(key.vars) > 0 {
		if c.t.matchErr == nil {
			v := key.vars[0]
			c.t.matchErr = &SyntaxError{v.start, fmt.Sprintf("variable {%s} in the name of a parameter", v.name)}
		}
		return
	}
	p := param{key: key.tail, hole: -1}
	from, _ := trimSpace(c.text, min(equals+1, end), end)
	value := c.pattern(from, end, appendUnescapedForm)
	if len(value.vars) > 0 {
		p.hole = c.addHole(value)
		c.t.holes[p.hole].unescape = appendUnescapedForm
	}
	c.t.params.list = append(c.t.params.list, p)
	c.t.params.byKey[p.key] = len(c.t.params.list) - 1
}

// trimSpace moves the ends of a part of a form or query over the white space that is
// written there, which is none of it: what belongs to a name or value is encoded.
func trimSpace[T string | []byte](s T, start, end int) (from, to int) {
	for start < end && isSpace(s[start]) {
		start++
	}
	for start < end && isSpace(s[end-1]) {
		end--
	}
	return start, end
}
