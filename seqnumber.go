package sigfox

// SeqNumber is the sequence number of a message. It is a 12-bit counter on air:
// it runs from 0 to MaxSeqNumber and starts again, or earlier where the maker of
// the device chose a shorter rollover (128, 256, 512, 1024 or 2048).
// Source: https://support.sigfox.com/docs/sequence-number:-general-knowledge
type SeqNumber uint16

const (
	// MaxSeqNumber is the largest number of the 12-bit counter.
	MaxSeqNumber SeqNumber = 1<<12 - 1
	// NoSeqNumber stands in a MessageKey for a message that carries no sequence
	// number: devices on protocol V0, and templates that leave it out.
	NoSeqNumber SeqNumber = 1<<16 - 1
)

// Gap returns how many steps lead from prev to n in a counter that starts again
// after rollover messages: 0 for the same number, 1 for the next one, 3 when two
// messages are missing between them. Rollover 0 means 4096, and so does one that
// is too small for either number.
//
// A device that confirms a downlink uses up one number for it, so a gap of 2
// after a downlink loses nothing.
func (n SeqNumber) Gap(prev SeqNumber, rollover int) int {
	full := int(MaxSeqNumber) + 1
	if rollover <= 0 || int(n) >= rollover || int(prev) >= rollover {
		rollover = full
	}
	gap := (int(n) - int(prev)) % rollover
	if gap < 0 {
		gap += rollover
	}
	return gap
}
