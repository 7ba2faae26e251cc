package callback

import "bytes"

// fewOthers is how many members are compared with each other to find those that come again.
const fewOthers = 16

// lastOfEach removes the members that come again in the body, or in the query: the last
// one counts. Those of the query are at the end.
func lastOfEach(list []other) []other {
	query := len(list)
	for query > 0 && list[query-1].fromQuery {
		query--
	}
	body := removeRepeated(list[:query])
	return append(body, removeRepeated(list[query:])...)
}

func removeRepeated(list []other) []other {
	var last map[string]int // of many members: where each name comes last
	if len(list) > fewOthers {
		last = make(map[string]int, len(list))
		for i := range list {
			last[string(list[i].Name)] = i
		}
	}
	kept := list[:0]
	for i := range list {
		if again := last[string(list[i].Name)] > i || last == nil && hasName(list[i+1:], list[i].Name); !again {
			kept = append(kept, list[i])
		}
	}
	return kept
}

func hasName(list []other, name []byte) bool {
	for i := range list {
		if bytes.Equal(list[i].Name, name) {
			return true
		}
	}
	return false
}
