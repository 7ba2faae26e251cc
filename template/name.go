package template

import "strings"

// placeholder is a {name} of the template's text.
type placeholder struct {
	name       string
	start, end int // of the whole, with its braces
}

// nextPlaceholder finds the first {name} of src at or after from. A name is a
// word (a letter, then letters, digits and '_'), which '#' and a custom name
// (letters, digits, '#', '-' and '_') may follow. All other braces are text.
func nextPlaceholder(src string, from int) (placeholder, bool) {
	for {
		i := strings.IndexByte(src[from:], '{')
		if i < 0 {
			return placeholder{}, false
		}
		start := from + i
		end := nameEnd(src, start+1)
		if end > start+1 && end < len(src) && src[end] == '}' {
			return placeholder{src[start+1 : end], start, end + 1}, true
		}
		from = start + 1
	}
}

// nameEnd returns the end of the name that starts at i, i if there is none.
func nameEnd(src string, i int) int {
	if i == len(src) || !isLetter(src[i]) {
		return i
	}
	j := i + 1
	for j < len(src) && (isLetter(src[j]) || isDigit(src[j]) || src[j] == '_') {
		j++
	}
	if j == len(src) || src[j] != '#' {
		return j
	}
	custom := j + 1
	j = custom
	for j < len(src) && (isLetter(src[j]) || isDigit(src[j]) || src[j] == '_' || src[j] == '#' || src[j] == '-') {
		j++
	}
	if j == custom {
		return i
	}
	return j
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
