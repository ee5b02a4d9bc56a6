// Package feature is the contract by which a slice of the product plugs into an
// instance: a struct of optional fields, whose zero value adds nothing.
//
// A feature is one folder. Everything about it lives there and is named here:
// the composition root (package app) reads the list of features and wires
// each field to the part of the house that it concerns. A test over all features
// covers each of them from its first day.
package feature

import (
	"context"
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/masto"
)

// Feature is what one slice brings.
type Feature struct {
	Name string // unique; also the first part of its templates' and strings' names

	Migrations fs.FS // *.sql for goose, timestamped
	Templates  fs.FS // *.html, pages named "<Name>/<file>"
	Styles     fs.FS // *.css, part of the one style sheet
	Strings    fs.FS // fr.yaml, en.yaml

	Web func(*httpx.Router) // pages and forms
	API func(*masto.Router) // client API

	// Nav are its entries in the navigation, More those on the page of what else
	// there is; both in the order of the list.
	Nav, More []Entry

	Activities []route.Activity // ActivityPub activities it understands
	Objects    []route.Object   // ActivityPub documents it serves
	Jobs       []jobs.Kind      // durable work

	// OnAccountDelete erases what the feature holds of an account that is being
	// deleted, ours or another server's. Those of upper features run first, so that
	// each still finds what is below it. A test looks for rows that were left.
	OnAccountDelete func(ctx context.Context, tx *db.Tx, accountID int64) error
}

// Entry leads to a page of a feature.
type Entry struct {
	Label  string // key of its words
	Hint   string // key of a line that says what is there; only on the page of what else there is
	Icon   string
	URL    string
	Place  int          // in the navigation, from the left; features that do not say stand behind, in their own order
	Public bool         // strangers have it too, all in their navigation
	Who    httpx.Policy // Moderator or Admin where others do not have it
}

// Sub is a folder of a slice's embedded files, nil when there is none.
func Sub(files embed.FS, dir string) fs.FS {
	if _, err := fs.Stat(files, dir); err != nil {
		return nil
	}
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // only for a name that is no path
	}
	return sub
}
