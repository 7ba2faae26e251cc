package egress_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// resolver answers queries for addresses with what lookup returns, over the framing of
// DNS over TCP. lookup returns a nil slice for names that do not exist; it gets the name
// without the dot at its end.
func resolver(lookup func(name string) []netip.Addr) *net.Resolver {
	return rawResolver(func(query []byte) []byte {
		question, name, kind := parseQuestion(query)
		addresses := lookup(name)
		if addresses == nil {
			return response(query, question, 3) // no such name
		}
		const a, aaaa = 1, 28
		answer := response(query, question, 0)
		for _, address := range addresses {
			if address.Is4() != (kind == a) || address.Is6() != (kind == aaaa) {
				continue
			}
			answer[7]++ // count of answers
			raw := address.AsSlice()
			answer = append(answer, 0xc0, 12) // the name of the question
			answer = append(answer, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
			answer = append(answer, raw...)
		}
		return answer
	})
}

// names resolves a fixed set of names.
func names(of map[string]string) *net.Resolver {
	return resolver(func(name string) []netip.Addr {
		address, ok := of[name]
		if !ok {
			return nil
		}
		return []netip.Addr{netip.MustParseAddr(address)}
	})
}

// rawResolver lets answer write the answers; nil hangs until the client gives up.
func rawResolver(answer func(query []byte) []byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				var length [2]byte
				if _, err := io.ReadFull(server, length[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				if a := answer(query); a != nil {
					_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
				}
			}
		}()
		return client, nil
	}}
}

func response(query, question []byte, code byte) []byte {
	header := []byte{query[0], query[1], 0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0}
	return append(header, question...)
}

func parseQuestion(query []byte) (question []byte, name string, kind uint16) {
	var labels []string
	i := 12
	for query[i] != 0 {
		n := int(query[i])
		labels = append(labels, string(query[i+1:i+1+n]))
		i += 1 + n
	}
	question = query[12 : i+5]
	return question, strings.ToLower(strings.Join(labels, ".")), binary.BigEndian.Uint16(query[i+1:])
}

func failingResolver(t *testing.T, code byte) *net.Resolver {
	t.Helper()
	return rawResolver(func(query []byte) []byte {
		question, _, _ := parseQuestion(query)
		return response(query, question, code)
	})
}
