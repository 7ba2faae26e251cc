package event

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// members are the members of an object, form or query, in the order of the text.
type members struct {
	list   []member
	exact  map[string]int // by name
	folded map[string]int // by folded name, of those that have a value
}

type member struct {
	wire.Member
	used bool
}

// source is a text that gives one member after the other.
type source interface {
	Next(m *wire.Member) bool
	Err() *wire.SyntaxError
}

// readMembers reads all members of src. The last of several with one name counts.
func readMembers(src source) (*members, *wire.SyntaxError) {
	ms := &members{exact: make(map[string]int)}
	var m wire.Member
	var invalid *wire.SyntaxError
	for src.Next(&m) {
		if invalid == nil && (!utf8.Valid(m.Name) || !utf8.Valid(m.Text)) {
			invalid = &wire.SyntaxError{Offset: m.Offset, Msg: "invalid UTF-8"}
		}
		ms.add(m)
	}
	if err := cmp.Or(src.Err(), invalid); err != nil {
		return nil, err
	}
	ms.fold()
	return ms, nil
}

// add adds a member, in place of one with its name.
func (ms *members) add(m wire.Member) {
	if i, ok := ms.exact[string(m.Name)]; ok {
		ms.list[i].Member = m
		return
	}
	ms.exact[string(m.Name)] = len(ms.list)
	ms.list = append(ms.list, member{Member: m})
}

// fold makes the index by folded names.
func (ms *members) fold() {
	ms.folded = make(map[string]int, len(ms.list))
	for i := range ms.list {
		if !ms.list[i].Absent() {
			ms.folded[fold(string(ms.list[i].Name))] = i
		}
	}
}

// fill adds the members of a query whose names ms does not have.
func (ms *members) fill(query *members) {
	for _, m := range query.list {
		name := string(m.Name)
		if _, ok := ms.exact[name]; ok {
			continue
		}
		ms.exact[name] = len(ms.list)
		if _, ok := ms.folded[fold(name)]; !ok && !m.Absent() {
			ms.folded[fold(name)] = len(ms.list)
		}
		ms.list = append(ms.list, member{Member: m.Member})
	}
}

// moveTo counts the offsets of members from the start of the text that holds m,
// the value that they were read from. Those of a string all become its own, since
// its escapes hide where they stand.
func (ms *members) moveTo(m *wire.Member) {
	for i := range ms.list {
		if m.Kind != wire.Composite {
			ms.list[i].Offset = 0
		}
		ms.list[i].Offset += m.Offset
	}
}

// misspelt are names, folded, under which the documentation also gives a member.
var misspelt = map[string][]string{
	"expectedSubscriptionDurationEndTime": {"expectedsubcriptiondurationendtime"},
}

// renamed are names, folded, that customers' templates give to a member.
var renamed = map[string][]string{
	"sourceId": {"device", "deviceid"},
	"time":     {"timestamp"},
}

// find returns the member with a documented name: spelled exactly so, or in another
// case and with or without blanks, or as the documentation misspells it, or
// renamed, which makes it a guess. It returns nil if there is none with a value.
func (ms *members) find(name string) (m *member, guess bool) {
	if i, ok := ms.exact[name]; ok && !ms.list[i].Absent() {
		return &ms.list[i], false
	}
	if i, ok := ms.folded[fold(name)]; ok {
		return &ms.list[i], false
	}
	for _, key := range misspelt[name] {
		if i, ok := ms.folded[key]; ok {
			return &ms.list[i], false
		}
	}
	for _, key := range renamed[name] {
		if i, ok := ms.folded[key]; ok {
			return &ms.list[i], true
		}
	}
	return nil, false
}

// fold returns a name in lower case and without blanks, "_" and "-", so that
// "last communication" and "lastCommunication" are one name, and so are
// "previousDeviceTypeID" and "previousDeviceTypeId".
func fold(name string) string {
	folded := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c == ' ' || c == '_' || c == '-':
		case c >= 'A' && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		default:
			folded = append(folded, c)
		}
	}
	return string(folded)
}

// isCanonical reports whether the members are those of canonical JSON.
func (ms *members) isCanonical() bool {
	i, ok := ms.exact[memberService]
	if !ok || string(ms.list[i].Text) != callback.EventCallback.String() {
		return false
	}
	ms.list[i].used = true
	return true
}

func (ms *members) anyUsed() bool {
	return slices.ContainsFunc(ms.list, func(m member) bool { return m.used })
}
