package callback

import (
	"bytes"
	"net/url"
	"strings"
)

// unwrapJSON makes a JSON body of one that was sent as a form. Where the content type of
// a JSON template was left at the default, the cloud takes the template for the name of a
// parameter without value and encodes it:
//
//	%7B%22device%22%3A%222C30EA%22%7D=
//
// Parameters before it come from the URL.
// Source: a request in the tests of https://github.com/traccar/traccar.
func (in *Input) unwrapJSON() {
	start := jsonName(in.Body)
	if start < 0 {
		return
	}
	if f, err := formatOf(in.ContentType); err != nil || f != FormatForm {
		return
	}
	pairs := strings.Split(strings.TrimRight(string(in.Body[start:]), jsonSpace), "&")
	for i := range pairs {
		pairs[i] = strings.TrimSuffix(pairs[i], "=") // an ampersand in the template splits it
	}
	decoded, err := url.QueryUnescape(strings.Join(pairs, "&"))
	decoded = strings.TrimRight(decoded, jsonSpace)
	if err != nil || !strings.HasSuffix(decoded, "}") && !strings.HasSuffix(decoded, "]") {
		return
	}
	in.Query = joinForms(in.Query, string(in.Body[:start]))
	in.Body, in.ContentType = []byte(decoded), typeJSON
}

// jsonName returns the offset of the first parameter of a form whose name starts as a JSON
// object or array does, -1 if there is none.
func jsonName(form []byte) int {
	if bytes.IndexByte(form, '%') < 0 {
		return -1
	}
	for start := 0; ; start++ {
		for _, bracket := range []string{"%7B", "%7b", "%5B", "%5b"} {
			if len(form)-start >= len(bracket) && string(form[start:start+len(bracket)]) == bracket {
				return start
			}
		}
		next := bytes.IndexByte(form[start:], '&')
		if next < 0 {
			return -1
		}
		start += next
	}
}
