package federation

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the engine.
func Migrations() fs.FS { return migrations }
