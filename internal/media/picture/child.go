package picture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// What goes wrong with the process that decodes.
var (
	ErrCostly = errors.New("picture: it took more memory or work than is given, or broke the decoder")
	ErrApart  = errors.New("picture: the process that decodes cannot be started")
)

// The bounds of a decoder. The work is counted by the kernel, so that a busy
// machine takes nothing away from a picture; the patience is for one that
// waits for ever without working.
const (
	maxData  = 512 << 20 // bytes beyond what the program takes by itself
	maxWork  = 20 * time.Second
	patience = 2 * time.Minute
)

// childName is how the process that decodes is called: the program starts
// itself under this name.
const childName = "maillage-pictures"

// init makes of the program, when it runs as childName, the decoder and nothing
// else. It comes before main, so that it holds in every program that takes
// pictures, those of tests among them, and no server is ever set up in it.
func init() {
	if len(os.Args) == 1 && os.Args[0] == childName {
		os.Exit(serve(os.Stdin, os.Stdout, Process, maxWork))
	}
}

// task is one picture to make; its bytes follow.
type task struct {
	Sizes Sizes
	Size  int
}

// reply is what became of it. Wrong is the place of an error in faults, counted
// from 1, -1 for another error.
type reply struct {
	Result *Result
	Wrong  int
	Words  string
}

var faults = []error{ErrType, ErrSize, ErrBroken}

// serve is the decoder: it makes what comes in until nothing more comes, within
// the bounds of its process. It first says that it is there.
func serve(in io.Reader, out io.Writer, process func([]byte, Sizes) (*Result, error), work time.Duration) int {
	if err := confine(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r := bufio.NewReader(in)
	from, to := gob.NewDecoder(r), gob.NewEncoder(out)
	if err := to.Encode(reply{}); err != nil {
		return 1
	}
	for {
		var t task
		if err := from.Decode(&t); err != nil {
			return 0
		}
		b := make([]byte, t.Size)
		if _, err := io.ReadFull(r, b); err != nil {
			return 1
		}
		if err := budget(work); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		result, err := process(b, t.Sizes)
		if err := to.Encode(answer(result, err)); err != nil {
			return 1
		}
	}
}

func answer(r *Result, err error) reply {
	if err == nil {
		return reply{Result: r}
	}
	for i, f := range faults {
		if errors.Is(err, f) {
			return reply{Wrong: i + 1, Words: err.Error()}
		}
	}
	return reply{Wrong: -1, Words: err.Error()}
}

// child is a decoder that runs. It is used by one goroutine at a time.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	to    *gob.Encoder
	from  *gob.Decoder
	said  tail
	leave *time.Timer // ends it when no picture comes
	dead  bool
}

// start starts a decoder and waits until it is there.
func start(ctx context.Context, name string) (*child, error) {
	path, err := self()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrApart, err)
	}
	c := &child{}
	// Nothing of ours goes along: no environment, no file, no argument.
	c.cmd = &exec.Cmd{Path: path, Args: []string{name}, Env: []string{"GOTRACEBACK=none", "GOMAXPROCS=2"}, Dir: "/", Stderr: &c.said, WaitDelay: time.Second}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrApart, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrApart, err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrApart, err)
	}
	c.in, c.to, c.from = in, gob.NewEncoder(in), gob.NewDecoder(bufio.NewReader(out))
	stop := c.killAt(ctx, patience)
	defer stop()
	var hello reply
	if err := c.from.Decode(&hello); err != nil {
		c.kill()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w: %s", ErrApart, err, c.said.b)
	}
	return c, nil
}

// self is the path of the running program: on Linux also when it was replaced since.
func self() (string, error) {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// killAt kills the decoder when ctx ends or after a while, unless stopped before.
func (c *child) killAt(ctx context.Context, after time.Duration) (stop func()) {
	kill := func() { c.cmd.Process.Kill() }
	late := time.AfterFunc(after, kill)
	gone := context.AfterFunc(ctx, kill)
	return func() { late.Stop(); gone() }
}

// process has one picture made. A decoder that does not answer is dead after it.
func (c *child) process(ctx context.Context, b []byte, z Sizes) (*Result, error) {
	stop := c.killAt(ctx, patience)
	defer stop()
	var a reply
	err := c.to.Encode(task{z, len(b)})
	if err == nil {
		_, err = c.in.Write(b)
	}
	if err == nil {
		err = c.from.Decode(&a)
	}
	if err != nil {
		c.kill()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %v: %s", ErrCostly, c.cmd.ProcessState, bytes.TrimSpace(c.said.b))
	}
	switch {
	case a.Wrong > 0 && a.Wrong <= len(faults):
		return nil, fmt.Errorf("%w: %s", faults[a.Wrong-1], a.Words)
	case a.Wrong != 0 || a.Result == nil:
		return nil, errors.New(a.Words)
	}
	return a.Result, nil
}

// kill ends the decoder at once.
func (c *child) kill() {
	c.dead = true
	c.cmd.Process.Kill()
	c.end()
}

// end lets the decoder go when it has nothing to do.
func (c *child) end() {
	c.in.Close()
	c.cmd.Wait() // how it ended is in ProcessState
}

// tail keeps the beginning of what a decoder says of its own end.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	if left := 300 - len(t.b); left > 0 {
		t.b = append(t.b, p[:min(left, len(p))]...)
	}
	return len(p), nil
}
