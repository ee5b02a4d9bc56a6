package web

import (
	"embed"
	"io/fs"
)

//go:embed templates static locales vendor guides
var files embed.FS

// Locales holds the strings of the layouts and shared parts, fr.yaml and en.yaml.
func Locales() fs.FS { return folder("locales") }

// Guides holds the guides for members and administrators: fr/membres.md and so on.
func Guides() fs.FS { return folder("guides") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
