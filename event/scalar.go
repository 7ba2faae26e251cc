package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// errTime means that a text is neither a Unix time nor a date.
var errTime = errors.New("neither Unix seconds nor a date")

// dateLayouts are the dates that are read. The first is the documented one, whose
// time zone is not: it is taken for UTC.
var dateLayouts = [...]string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05"}

// errIDs means that a value is no list of ids.
var errIDs = errors.New("not a list of ids")

// parseTime reads a date, or a time in Unix seconds or milliseconds, which are cut
// to seconds.
func parseTime(text []byte) (time.Time, error) {
	t, err := parseDate(text)
	if err != nil {
		return time.Time{}, err
	}
	// What cannot be written in seconds is not accepted either.
	if t.Unix() < 0 || t.Unix() >= wire.FirstMillis {
		return time.Time{}, callback.ErrRange
	}
	return t.UTC().Truncate(time.Second), nil
}

func parseDate(text []byte) (time.Time, error) {
	if len(text) < len(time.DateOnly) || text[4] != '-' {
		t, err := wire.ParseTime(text)
		if err != nil && !errors.Is(err, wire.ErrRange) {
			err = errTime
		}
		return t, err
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, string(text)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errTime
}

func parseSeqNumber(text []byte) (sigfox.SeqNumber, error) {
	v, err := wire.ParseInt(text)
	if err != nil {
		return 0, err
	}
	if v < 0 || v >= int64(sigfox.NoSeqNumber) {
		return 0, callback.ErrRange
	}
	return sigfox.SeqNumber(v), nil
}

// parseID reads an id. The documentation calls one of them an object without
// telling what is in it: {"id":"…"} and {"$oid":"…"} are read, errKeep is returned
// for others.
func parseID(m *wire.Member) (string, error) {
	text, ok := jsonText(m, '{')
	if !ok {
		var id string
		err := setText(&id, m)
		return id, err
	}
	var o wire.Object
	var inner wire.Member
	id, err := "", errKeep
	for o.Reset(text, 0); o.Next(&inner); {
		switch string(inner.Name) {
		case "id", "_id", "$oid":
			if !inner.Absent() {
				id, err = parseID(&inner)
			}
		}
	}
	isJSON := o.Err() == nil && o.Pos() == len(text)
	switch {
	case !isJSON && m.Kind == wire.Composite:
		return "", errKeep
	case !isJSON:
		return string(m.Text), nil
	default:
		return id, err
	}
}

// parseIDs reads a list of ids: a JSON array, which may be quoted, or ids that are
// divided by commas, in brackets or not.
func parseIDs(m *wire.Member) (ids []string, err error) {
	add := func(e *wire.Member) bool {
		if e.Absent() {
			return true
		}
		var id string
		id, err = parseID(e)
		ids = append(ids, id)
		return err == nil
	}
	text, isArray := jsonText(m, '[')
	switch {
	case isArray && (m.Kind == wire.Composite || json.Valid(text)):
		if _, syntax := wire.Array(text, 0, add); syntax != nil {
			return nil, errIDs
		}
	case m.Kind == wire.Composite:
		add(m)
	default:
		for id := range bytes.SplitSeq(bytes.Trim(m.Text, "[] "), []byte{','}) {
			if !add(&wire.Member{Text: bytes.Trim(id, ` "`)}) {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// jsonText returns the JSON of a value that is an object or array, or a string that
// looks like one: so a form has it, or a template that quotes the variable.
func jsonText(m *wire.Member, open byte) (text []byte, ok bool) {
	text = bytes.TrimSpace(m.Text)
	return text, len(text) > 0 && text[0] == open
}
