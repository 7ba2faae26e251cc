package dedup

// messageIndex finds a message by its hash. The hash gives the line in which it
// is, or behind which, if that line was full when it came.
//
// Nothing is ever removed: a message older than the oldest one of the table does
// not count, and when the index is full it is made anew. But the messages of a
// table are of one time, so usually all are forgotten before that, and the index
// is cleared as a whole.
type messageIndex struct {
	lines []indexLine
	from  uint64 // the first message in the index
}

// indexLine is one cache line: some messages, in the order in which they came.
type indexLine struct {
	tags    [slots]uint8 // of the hash; 0 where there is nothing, which a message may have, too
	n       uint32
	numbers [slots]uint32 // the lower bits
}

const minLines = 4

// indexLimit is how many messages so many lines are used for.
func indexLimit(lines int) int { return lines * (slots * 3 / 4) }

// line returns the line of a hash, which follows from its lower half.
func (x *messageIndex) line(hash uint64) int {
	return int(uint64(uint32(hash)) * uint64(len(x.lines)) >> 32)
}

// tagOf returns what a line keeps of a hash, eight times: 8 bits of its upper half.
func tagOf(hash uint64) uint64 { return hash >> 32 & 0xff * lowBits }

func (x *messageIndex) after(line int) int {
	if line++; line < len(x.lines) {
		return line
	}
	return 0
}

func (l *indexLine) full() bool { return l.n == slots }

// full reports whether the index has to be made anew before the next message is
// inserted. Those that do not count any more take room, too.
func (x *messageIndex) full(next uint64) bool { return int(next-x.from) >= indexLimit(len(x.lines)) }

// reset empties a full index, for the messages from a number on to be inserted
// again, and makes it larger if these would soon fill it again.
func (x *messageIndex) reset(from, next uint64) {
	if lines := len(x.lines); int(next-from) > indexLimit(lines)/3*2 {
		x.lines = make([]indexLine, lines+lines/4)
	}
	x.clear(from)
}

// clear removes all messages. From is the number of the next one.
func (x *messageIndex) clear(from uint64) {
	clear(x.lines)
	x.from = from
}

// insert adds a message to an index that is not full.
func (x *messageIndex) insert(hash, number uint64) {
	i := x.line(hash)
	for x.lines[i].full() {
		i = x.after(i)
	}
	l := &x.lines[i]
	l.tags[l.n], l.numbers[l.n] = uint8(tagOf(hash)), uint32(number)
	l.n++
}
