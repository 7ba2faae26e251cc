package wire

import (
	"bytes"
	"encoding/binary"
)

// layout is what the last object looked like between its values. All requests of
// one callback are made from one template, so the next object mostly looks the
// same: comparing the text with what it was is faster than reading it again.
type layout struct {
	memory []byte // holds the texts of the steps
	steps  []Step
}

// Step is what stands before one value.
type Step struct {
	// Tag and Target are what Object.SetTarget gave to the member.
	Tag    uint8
	Target any
	// Seen has a bit for Tag and for the tag of each step before.
	Seen uint64

	long               bool   // the words do not hold all of the text
	text               []byte // separator, name, colon and white space
	nameStart, nameEnd int    // in text

	// The start of text again: compared as words it needs no call.
	words, mask [2]uint64
}

const shortText = 16

// NewStep returns a step with this text, which must not change.
func NewStep(text []byte, tag uint8) Step {
	s := Step{Tag: tag, text: text, long: len(text) > shortText}
	var padded, ones [shortText]byte
	for i := range copy(padded[:], text) {
		ones[i] = 0xff
	}
	for i := range s.words {
		s.words[i] = binary.LittleEndian.Uint64(padded[8*i:])
		s.mask[i] = binary.LittleEndian.Uint64(ones[8*i:])
	}
	return s
}

// Len returns the length of the text.
func (s *Step) Len() int { return len(s.text) }

// Starts reports whether data starts with the step.
func (s *Step) Starts(data []byte) bool {
	if s.Fast(len(data)) {
		return s.StartsFast(data)
	}
	return bytes.HasPrefix(data, s.text)
}

// Fast reports whether StartsFast may be called with data of this length. The compiler
// inlines both.
func (s *Step) Fast(length int) bool { return length >= shortText && !s.long }

// StartsFast is the same as Starts.
func (s *Step) StartsFast(data []byte) bool {
	first, second := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	return (first^s.words[0])&s.mask[0]|(second^s.words[1])&s.mask[1] == 0
}

const (
	maxSteps        = 64
	maxLayoutMemory = 4096
)

// forget drops step i and all behind it.
func (l *layout) forget(i int) {
	if i >= len(l.steps) {
		return
	}
	l.memory = l.memory[:len(l.memory)-l.size(i)]
	l.steps = l.steps[:i]
}

// size returns how much memory step i and all behind it take.
func (l *layout) size(i int) (n int) {
	for _, s := range l.steps[i:] {
		n += len(s.text)
	}
	return n
}

// learn adds step i, if it is the next one and there is room.
func (l *layout) learn(i int, text []byte, nameStart, nameEnd int) {
	if i != len(l.steps) || i == maxSteps || len(l.memory)+len(text) > maxLayoutMemory {
		return
	}
	start := len(l.memory)
	l.memory = append(l.memory, text...)
	s := NewStep(l.memory[start:], 0)
	s.nameStart, s.nameEnd = nameStart, nameEnd
	l.steps = append(l.steps, s)
}
