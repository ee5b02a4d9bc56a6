package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/internal/app"
)

// version is set by the linker: see the Makefile.
var version = "unknown"

// commands are the subcommands, in the order of --help.
type commands struct {
	Init     initCmd     `cmd:"" help:"Make a new instance in a folder."`
	Serve    serveCmd    `cmd:"" help:"Run an instance."`
	Demo     demoCmd     `cmd:"" help:"Run a demonstration: four filled servers on this machine."`
	Account  accountCmd  `cmd:"" help:"Create, list, change and delete accounts."`
	Key      keyCmd      `cmd:"" help:"New keys for accounts, when others may have read them."`
	Host     hostCmd     `cmd:"" help:"Lay down what is done with other servers."`
	Emoji    emojiCmd    `cmd:"" help:"Add and list the emoji of an instance."`
	Relay    relayCmd    `cmd:"" help:"Relays that pass public posts on."`
	Movement movementCmd `cmd:"" help:"Affiliate servers with each other."`
	Group    groupCmd    `cmd:"" help:"Create and list groups."`
	Token    tokenCmd    `cmd:"" help:"Make access tokens for programs."`
	Doctor   doctorCmd   `cmd:"" help:"Say in words what is wrong with an instance."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// dirFlag is the instance's folder, which nearly every command needs.
type dirFlag struct {
	Dir string `required:"" placeholder:"DIR" env:"MAILLAGE_DIR" help:"Folder of the instance."`
}

func main() {
	// The first signal asks to stop, a second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], newTerminal(os.Stdin, os.Stdout, os.Stderr))
	stop()
	os.Exit(code)
}

// exit is panicked by kong's --help to leave the parser.
type exit int

// run does what the arguments say and gives the exit code.
func run(ctx context.Context, args []string, t *terminal) (code int) {
	defer func() {
		if e, ok := recover().(exit); ok {
			code = int(e)
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("maillage"),
		kong.Description("A social server for a section, a federation or a national office, and their mesh."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Writers(t.out, t.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		panic(err) // a wrong tag in a struct of this package
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.fail(wrongLine(err))
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(t)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		if usage.command == "" {
			usage.command = parsed.Command()
		}
		t.fail(err)
		return 2
	}
	if err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)) {
		t.fail(err)
		return 1
	}
	return 0
}

// usageError is a command line that can't be followed.
type usageError struct{ command, text string }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s\nFor examples type: maillage %s", e.text, strings.TrimSpace(e.command+" --help"))
}

// wrongLine says what is wrong with a command line that kong refused.
func wrongLine(err error) error {
	u := &usageError{text: err.Error()}
	if p := (*kong.ParseError)(nil); errors.As(err, &p) && p.Context != nil {
		u.command = p.Context.Command()
		if u.command == "" || strings.HasPrefix(u.text, "expected one of") {
			u.command = strings.Join(commandPath(p.Context), " ")
		}
	}
	if flag, _, ok := strings.Cut(u.text, `: expected string value but got "EOL"`); ok {
		u.text = flag + " needs a value"
	}
	if flags, ok := strings.CutPrefix(u.text, "missing flags: "); ok {
		flags = strings.ReplaceAll(flags, "=", " ")
		verb := "is"
		if strings.Contains(flags, ",") {
			verb = "are"
		}
		u.text = fmt.Sprintf("%s %s missing", flags, verb)
	}
	return u
}

// commandPath is the commands that were understood before the error.
func commandPath(c *kong.Context) (path []string) {
	for _, p := range c.Path {
		if p.Command != nil {
			path = append(path, p.Command.Name)
		}
	}
	return path
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(t *terminal) error {
	_, err := fmt.Fprintf(t.out, "maillage %s (%s)\n", app.Version, version)
	return err
}
