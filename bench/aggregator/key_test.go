package aggregator_test

import (
	"encoding/binary"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// key is all by which the Aggregator tells messages apart: device, time, payload
// and sequence number. It is packed into words, as the peers take a struct of
// smaller fields by way of memory, which makes freelru half as fast.
type key struct{ source, data, rest uint64 }

func keyOf(f *dedup.Frame) key {
	first, last := f.Payload.Words()
	return key{
		source: uint64(f.Device)<<32 | uint64(uint32(f.Time)),
		data:   first,
		rest:   uint64(last)<<32 | uint64(f.Seq)<<16 | uint64(f.Payload.Len()),
	}
}

// hash is for those peers that want one. It takes in what usually differs.
func (k key) hash() uint32 {
	h := (k.source>>32<<16 | k.rest>>16&0xFFFF) * 0x9E3779B97F4A7C15
	return uint32(h >> 32)
}

func (k key) public() sigfox.MessageKey {
	return sigfox.MessageKey{
		Device: sigfox.DeviceID(k.source >> 32),
		Time:   int64(uint32(k.source)),
		Seq:    sigfox.SeqNumber(k.rest >> 16),
	}
}

func (k key) payload() sigfox.Payload {
	b := binary.BigEndian.AppendUint64(nil, k.data)
	b = binary.BigEndian.AppendUint32(b, uint32(k.rest>>32))
	p, err := sigfox.NewPayload(b[:k.rest&0xFF])
	if err != nil {
		panic(err)
	}
	return p
}
