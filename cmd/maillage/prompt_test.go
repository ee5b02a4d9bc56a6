//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty opens a terminal: what a person sees and types is at one end, the program
// is at the other.
func pty(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// TestInitAsks answers init's questions as a person does, a wrong password
// repetition included.
func TestInitAsks(t *testing.T) {
	person, tty := pty(t)
	dir := filepath.Join(t.TempDir(), "asked")
	cmd := command(t.Context(), "init", "--local-test")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()

	// Reading ends with an error when the program is gone.
	pieces := make(chan string, 64)
	go func() {
		defer close(pieces)
		buf := make([]byte, 4096)
		for {
			n, err := person.Read(buf)
			if err != nil {
				return
			}
			pieces <- string(buf[:n])
		}
	}()
	var seen strings.Builder
	expect := func(want string) {
		t.Helper()
		timeout := time.After(20 * time.Second)
		for from := seen.Len(); !strings.Contains(seen.String()[from:], want); {
			select {
			case s, ok := <-pieces:
				if !ok {
					t.Fatalf("the program ended before saying %q:\n%s", want, seen.String())
				}
				seen.WriteString(s)
			case <-timeout:
				t.Fatalf("the program does not say %q:\n%s", want, seen.String())
			}
		}
	}
	for _, step := range []struct{ question, answer string }{
		{"Folder for the instance: ", dir},
		{"Host name", "127.0.0.1:9009"},
		{"[127.0.0.1:9009]: ", "Section d'essai"},
		{"[section]: ", ""},
		{"administrator (", "ana"},
		{"Mail address", "ana@a.example"},
		{"Password: ", "correct horse"},
		{"The same again: ", "correct hearse"},
		{"Password: ", "correct horse"},
		{"The same again: ", "correct horse"},
	} {
		expect(step.question)
		if strings.Contains(step.answer, "correct") {
			hidesTyping(t, person)
		}
		if _, err := person.WriteString(step.answer + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	expect("Section d'essai is ready")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, seen.String())
	}
	if strings.Contains(seen.String(), "correct") {
		t.Errorf("the password shows:\n%s", seen.String())
	}
	if out := works(t, "account", "list", "--dir", dir); !strings.Contains(out, "ana@a.example") {
		t.Error(out)
	}
}

// hidesTyping waits until the program has turned the echo off, which it does
// just after asking.
func hidesTyping(t *testing.T, person *os.File) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		state, err := unix.IoctlGetTermios(int(person.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if state.Lflag&unix.ECHO == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the program asks for a password in the open")
		}
	}
}
