package federation

import (
	"embed"
	"io/fs"
)

//go:embed i18n
var words embed.FS

// Strings holds the sentences for what goes wrong with other servers, fr.yaml and en.yaml.
func Strings() fs.FS {
	sub, err := fs.Sub(words, "i18n")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
