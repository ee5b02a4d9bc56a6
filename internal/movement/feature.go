package movement

import (
	"context"
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/httpx"
)

//go:embed migrations templates i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:       "movement",
		Migrations: Migrations(),
		Templates:  feature.Sub(files, "templates"),
		Strings:    feature.Sub(files, "i18n"),
		Web:        s.Web,
		More: []feature.Entry{
			{Label: "movement.title", Hint: "movement.hint", Icon: "waypoints", URL: Path},
			{Label: "movement.place", Hint: "movement.place_hint", Icon: "waypoints", URL: AdminPath, Who: httpx.Admin},
		},
		Activities:      s.Activities(),
		Objects:         s.Objects(),
		Jobs:            s.Jobs(),
		OnAccountDelete: Erase,
	}
}

// Erase takes the name of a deleted account out of what was decided.
func Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`update movement_link set by_id = 0 where by_id = $1`,
		`update movement_root set by_id = 0 where by_id = $1`,
		`delete from movement_entry where uri = (select uri from account where id = $1)`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
