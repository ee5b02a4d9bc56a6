package web

import (
	"embed"
	"io/fs"
)

//go:embed templates static locales vendor
var files embed.FS

// Locales holds the strings of the layouts and shared parts, fr.yaml and en.yaml.
func Locales() fs.FS { return folder("locales") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
