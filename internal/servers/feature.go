package servers

import (
	"context"
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/httpx"
)

//go:embed migrations templates templates/_trail.html templates/_exchange.html i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:       "servers",
		Migrations: Migrations(),
		Templates:  feature.Sub(files, "templates"),
		Strings:    feature.Sub(files, "i18n"),
		More: []feature.Entry{
			{Label: "servers.title", Hint: "servers.hint", Icon: "globe", URL: Path, Who: httpx.Admin},
		},
		Web:             s.Web,
		API:             s.API,
		Activities:      s.Activities(),
		Jobs:            s.Jobs(),
		OnAccountDelete: s.Erase,
	}
}

// Erase forgets what is held of an account that is being deleted.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from held_first where account_id = $1`,
		`delete from post_undelivered where post_id in (select id from post where account_id = $1)`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
