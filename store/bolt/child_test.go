package bolt_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Some tests need another process: it is this binary, told what to do by the environment.
const (
	roleEnv = "BOLT_TEST_ROLE"
	pathEnv = "BOLT_TEST_PATH"
	turnEnv = "BOLT_TEST_TURN"
)

// roles are what another process may do with a path. They exit with what they return.
var roles = map[string]func(path string, turn int) error{
	"crash":   crashChild,
	"compact": compactChild,
	"hold":    holdChild,
}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(roleEnv)]; role != nil {
		turn, _ := strconv.Atoi(os.Getenv(turnEnv))
		if err := role(os.Getenv(pathEnv), turn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	// Each step of the model syncs.
	if err := flag.Set("rapid.checks", strconv.Itoa(20+crashes()/2)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// crashes is how often to kill: 0 is the short form of the tests.
func crashes() int {
	n, _ := strconv.Atoi(os.Getenv("CRASHES"))
	return n
}

// child is another process.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t *testing.T, role, path string, turn int, prepare ...func(*exec.Cmd)) *child {
	t.Helper()
	c := &child{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	c.Env = append(os.Environ(), roleEnv+"="+role, pathEnv+"="+path, turnEnv+"="+strconv.Itoa(turn))
	c.Stderr = os.Stderr
	for _, p := range prepare {
		p(c.Cmd)
	}
	var err error
	c.in, err = c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.out = bufio.NewScanner(out)
	require.NoError(t, c.Start())
	return c
}

// line reads what the child says; "" at the end.
func (c *child) line() string {
	if !c.out.Scan() {
		return ""
	}
	return c.out.Text()
}
