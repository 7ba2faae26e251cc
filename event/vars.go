package event

import (
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// AppendVar appends the text of the variable with this name, such as "eventType"
// or "deviceMessageTime", or returns dst and false if the event has no such value.
// {deviceInfo} and {contractIds} are JSON. Names are compared without case, since
// the documentation spells some of them in two ways. It makes events usable as
// sources of templates.
func (e Event) AppendVar(dst []byte, name string) ([]byte, bool) {
	var o wire.Object
	var m wire.Member
	for o.Reset(e.AppendJSON(nil), 0); o.Next(&m); {
		documented := string(m.Name)
		if documented == memberService || documented == memberExtra {
			continue
		}
		if strings.EqualFold(name, documented) || slices.Contains(misspelt[documented], strings.ToLower(name)) {
			return append(dst, m.Text...), true
		}
	}
	text, ok := e.Extra.Text(name)
	return append(dst, text...), ok
}
