// Command report reads the output of `go test -json` and writes what a person
// wants to know of it: a line for each package, the output of what failed, the
// tests that were skipped and why. It fails when a test failed, and also when
// one was skipped: under `make test` everything is installed, so that a skip is
// a test that did not run. What a test reads besides the project, documents of
// other servers in a folder that a variable MAILLAGE_… names, cannot be
// installed: its lack is told, and fails where CI is set.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// event is a line of `go test -json`. Spec: go doc test2json
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

func main() {
	if err := report(os.Stdin, os.Stdout); err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}

func report(in io.Reader, out io.Writer) error {
	var passed, packages int
	var failed, skipped, lacking []string
	start := time.Now()
	output := map[string]*strings.Builder{} // of each test that runs
	keep := func(key, s string) {
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		output[key].WriteString(s)
	}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil || e.Action == "" {
			fmt.Fprintf(out, "%s", line) // the go command itself speaks
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			keep(key, e.Output)
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "build-fail":
			failed = append(failed, e.ImportPath+" does not build")
		case "pass":
			if e.Test == "" {
				packages++
				fmt.Fprintf(out, "ok    %-60s %6.1fs\n", e.Package, e.Elapsed)
			} else {
				passed++
			}
			delete(output, key)
		case "skip":
			if why := reason(output[key]); e.Test == "" {
				// a package without tests
			} else if strings.Contains(why, ": MAILLAGE_") && os.Getenv("CI") == "" {
				lacking = append(lacking, key+why)
			} else {
				skipped = append(skipped, key+why)
			}
			delete(output, key)
		case "fail":
			failed = append(failed, strings.TrimSpace(key))
			if b := output[key]; b != nil {
				fmt.Fprintf(out, "--- %s\n%s", key, b.String())
			}
			delete(output, key)
		}
	}
	fmt.Fprintf(out, "\n%d packages in %s\n", packages, time.Since(start).Round(time.Second))
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", passed, len(failed), len(skipped)+len(lacking))
	for _, name := range failed {
		fmt.Fprintln(out, "  failed: ", name)
	}
	for _, name := range skipped {
		fmt.Fprintln(out, "  skipped:", name)
	}
	for _, name := range lacking {
		fmt.Fprintln(out, "  without its data:", name)
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("%d failed", len(failed))
	case len(skipped) > 0:
		return fmt.Errorf("%d skipped; here every test must run", len(skipped))
	case passed == 0:
		return fmt.Errorf("no test ran")
	}
	return nil
}

// reason is what a skipped test said.
func reason(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return " (" + line + ")"
		}
	}
	return ""
}
