package event

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// visitor is shown the members of an event one after the other, by their
// documented names. Reading, canonical JSON and template variables are visitors,
// so the list of the members of each event stands in one place.
type visitor interface {
	// text is free text.
	text(name string, p *string)
	// word is one of a set of words; canonical returns the documented form of one.
	word(name string, p *string, canonical func(text string) string)
	// id is a hex id that is no device id.
	id(name string, p *string)
	// ids is a list of such ids.
	ids(name string, p *[]string)
	device(name string, p *sigfox.Opt[sigfox.DeviceID])
	seqNumber(name string, p *sigfox.Opt[sigfox.SeqNumber])
	number(name string, p *sigfox.Opt[float64])
	// unix is a time that is written in Unix seconds.
	unix(name string, p *time.Time)
	// date is a time that is written as yyyy-MM-dd HH:mm:ss.
	date(name string, p *time.Time)
	info(name string, p *DeviceInfo)
}
