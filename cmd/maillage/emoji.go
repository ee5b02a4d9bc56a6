package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/maillage/maillage/internal/app"
)

type emojiCmd struct {
	Add  emojiAddCmd  `cmd:"" help:"Add a picture that stands for a word like :this:, or replace it."`
	List emojiListCmd `cmd:"" help:"List the emoji of the instance."`
}

type emojiAddCmd struct {
	dirFlag
	Word     string `arg:"" help:"The word, without colons."`
	File     string `arg:"" type:"existingfile" help:"A PNG, GIF, WebP or JPEG picture of 512 KB at most."`
	Category string `help:"Under which apps show it."`
}

// Help gives examples.
func (emojiAddCmd) Help() string {
	return "Examples:\n\n  maillage emoji add --dir /srv/maillage maillage logo.png --category Maison"
}

// Run adds a picture.
func (c *emojiAddCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		e, err := a.Emoji.Add(ctx, c.Word, c.Category, f)
		if err != nil {
			return err // main says it in words
		}
		fmt.Fprintf(t.out, ":%s: is added.\n", e.Shortcode)
		return nil
	})
}

type emojiListCmd struct{ dirFlag }

// Help gives examples.
func (emojiListCmd) Help() string { return "Examples:\n\n  maillage emoji list --dir /srv/maillage" }

// Run lists words, categories and what is out of use.
func (c *emojiListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		all, err := a.Emoji.Ours(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "WORD\tCATEGORY\tIN USE")
		for _, e := range all {
			use := "yes"
			if e.Disabled {
				use = "no"
			}
			fmt.Fprintf(w, ":%s:\t%s\t%s\n", e.Shortcode, e.Category, use)
		}
		return w.Flush()
	})
}
