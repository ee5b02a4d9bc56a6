// Command maillage makes, runs and looks after an instance.
//
// Each subcommand is a file of this package: a struct whose tags are its flags,
// Help with examples, Run. Whatever a command asks at a terminal has a flag, so
// that scripts can do the same. The commands hold no rules: they call package
// app.
//
// A wrong command line exits with 2 and says what to type; anything else that
// goes wrong exits with 1 and one sentence.
package main
