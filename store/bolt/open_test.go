package bolt_test

import (
	"bufio"
	"os"

	"github.com/go-sigfox/sigfox/store/bolt"
)

// holdChild keeps the file open until it is told to end.
func holdChild(path string, _ int) error {
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return err
	}
	say("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return s.Close()
}
