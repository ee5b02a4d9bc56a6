package masto

import (
	"embed"
	"io/fs"
)

//go:embed i18n
var files embed.FS

// Strings holds the words of API errors, fr.yaml and en.yaml.
func Strings() fs.FS {
	sub, err := fs.Sub(files, "i18n")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
