package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// terminal is where a command reads and writes. It asks questions only when a
// person sits at both ends of it.
type terminal struct {
	in    *os.File
	lines *bufio.Reader
	out   io.Writer
	err   io.Writer
	asks  bool
}

func newTerminal(in, out, err *os.File) *terminal {
	return &terminal{
		in: in, lines: bufio.NewReader(in), out: out, err: err,
		asks: term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd())),
	}
}

// fail says what went wrong, on one line; a wrong command line gets a second
// one, with what to type.
func (t *terminal) fail(err error) {
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		fmt.Fprintln(t.err, "maillage:", err)
		return
	}
	var parts []string // errors of libraries come on several lines, some twice
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(parts, line) {
			parts = append(parts, line)
		}
	}
	fmt.Fprintln(t.err, "maillage:", strings.ReplaceAll(strings.Join(parts, "; "), ":; ", ": "))
}

// say writes a line for the person.
func (t *terminal) say(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\n", args...)
}

// log is for what happens while a command runs.
func (t *terminal) log(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
}

// ask completes a value that the command line left empty. fallback is the
// answer to an empty line. Without a terminal the fallback is taken, and if
// there is none the flag is named in the error.
func (t *terminal) ask(value *string, flag, question, fallback string) error {
	if *value != "" {
		return nil
	}
	if !t.asks {
		if fallback == "" {
			return usagef("%s is missing", flag)
		}
		*value = fallback
		return nil
	}
	for {
		fmt.Fprint(t.out, question)
		if fallback != "" {
			fmt.Fprintf(t.out, " [%s]", fallback)
		}
		fmt.Fprint(t.out, ": ")
		line, err := t.lines.ReadString('\n')
		if line = strings.TrimSpace(line); line == "" {
			line = fallback
		}
		if line != "" {
			*value = line
			return nil
		}
		if err != nil {
			return usagef("%s is missing", flag)
		}
	}
}

// askPassword asks for a password that does not show, twice.
func (t *terminal) askPassword(value *string) error {
	if *value != "" {
		return nil
	}
	if !t.asks {
		return usagef("--password is missing (or MAILLAGE_PASSWORD in the environment)")
	}
	for {
		first, err := t.hidden("Password: ")
		if err != nil {
			return err
		}
		second, err := t.hidden("The same again: ")
		if err != nil {
			return err
		}
		if first == second && first != "" {
			*value = first
			return nil
		}
		t.say("The two are not the same. Once more, please.")
	}
}

func (t *terminal) hidden(question string) (string, error) {
	fmt.Fprint(t.out, question)
	b, err := term.ReadPassword(int(t.in.Fd()))
	fmt.Fprintln(t.out)
	if err != nil {
		return "", fmt.Errorf("the password cannot be read: %w", err)
	}
	return string(b), nil
}

// confirm asks to type yes, unless a flag already said so.
func (t *terminal) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !t.asks {
		return usagef("%s Say so with --yes", question)
	}
	fmt.Fprintf(t.out, "%s Type yes: ", question)
	line, _ := t.lines.ReadString('\n') // an end of input is a no
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}
