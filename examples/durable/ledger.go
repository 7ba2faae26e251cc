package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// keep has outside remember, in a text file, what was acknowledged and delivered and
// where the customer is, and reads what a process before has noted. It is not synced: it
// survives a kill, which is all that the demonstration needs.
func (o *outside) keep(file string) (stop func() error, err error) {
	if err := o.recall(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	o.note = func(what string, n int) {
		if _, err := fmt.Fprintln(f, what, n); err != nil {
			o.strange = append(o.strange, err.Error())
		}
	}
	return f.Close, nil
}

// reserve is how many messages may have been sent of which nothing is noted.
const reserve = 1000

func (o *outside) recall(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var what string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &what, &n); err != nil {
			continue // the process died while it wrote
		}
		if what == "customer" {
			o.port = n
			continue
		}
		o.sent[n] = 1
		o.next = max(o.next, n+reserve)
		switch what {
		case "acknowledged":
			o.acked[n] = true
		case "delivered":
			o.delivered[n] = append(o.delivered[n], 0)
		}
	}
	for n := range o.acked {
		if o.delivered[n] == nil {
			o.missing[n] = true
		}
	}
	return lines.Err()
}
