package sigfoxparser_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/go-sigfox/sigfox/template"
)

// generate returns n messages, the same ones every time. Half of them keep to
// what both decoders define alike, the others use the whole grammar.
func generate(n int) []message {
	r := rand.New(rand.NewPCG(1, 2))
	messages := make([]message, 0, n)
	for len(messages) < n {
		field := wildField
		if len(messages)%2 == 0 {
			field = commonField
		}
		fields := make([]string, 1+r.IntN(6))
		indexed := r.IntN(2) == 0
		for i := range fields {
			fields[i] = fmt.Sprintf("f%d:%s", i, field(r, i, indexed))
		}
		config := strings.Join(fields, " ")
		if _, err := template.ParsePayloadConfig(config); err != nil {
			continue // little-endian of a size that has no bytes to swap
		}
		messages = append(messages, message{Config: config, Hex: payload(r)})
	}
	return messages
}

// payload returns a message; half of them are full, half of them are ASCII.
func payload(r *rand.Rand) string {
	data := make([]byte, 12)
	if r.IntN(2) == 0 {
		data = data[:r.IntN(13)]
	}
	ascii := r.IntN(2) == 0
	for i := range data {
		data[i] = byte(r.Uint32())
		if ascii {
			data[i] &= 0x7f
		}
	}
	return hex.EncodeToString(data)
}

func order(r *rand.Rand) string {
	return []string{"", ":big-endian", ":little-endian"}[r.IntN(3)]
}

// commonField returns a field of whole bytes. Either all fields have an index,
// which is 0 for the first one at most, or none has and none is a bool.
func commonField(r *rand.Rand, i int, indexed bool) string {
	index, types := "", 4
	if indexed {
		index, types = strconv.Itoa(min(i, 1)+r.IntN(11)), 5
	}
	switch r.IntN(types) {
	case 0:
		return fmt.Sprintf("%s:uint:%d%s", index, 8*(1+r.IntN(6)), order(r))
	case 1:
		return fmt.Sprintf("%s:int:%d%s", index, 8*(1+r.IntN(6)), order(r))
	case 2:
		return fmt.Sprintf("%s:float:%d%s", index, 32<<r.IntN(2), order(r))
	case 3:
		return fmt.Sprintf("%s:char:%d", index, 1+r.IntN(6))
	default:
		return fmt.Sprintf("%s:bool:%d", index, r.IntN(8))
	}
}

// wildField returns any field that the grammar has.
func wildField(r *rand.Rand, _ int, _ bool) string {
	index := ""
	if r.IntN(3) == 0 {
		index = strconv.Itoa(r.IntN(12))
	}
	offset := ""
	if r.IntN(4) == 0 {
		offset = strings.Repeat(":", 1+r.IntN(2)) + strconv.Itoa(r.IntN(8))
	}
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("%s:bool:%d", index, r.IntN(8))
	case 1:
		return fmt.Sprintf("%s:char:%d%s", index, 1+r.IntN(6), offset)
	case 2:
		return fmt.Sprintf("%s:float:%d%s", index, 32<<r.IntN(2), offset)
	default:
		typ := []string{"int", "uint"}[r.IntN(2)]
		if r.IntN(2) == 0 {
			offset = order(r)
		}
		return fmt.Sprintf("%s:%s:%d%s", index, typ, 1+r.IntN(64), offset)
	}
}
