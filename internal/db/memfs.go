package db

import (
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// memFS is a folder of files held in memory, by name.
type memFS map[string]string

// versions gives the version of each file.
func (m memFS) versions() map[int64]string {
	v := make(map[int64]string, len(m))
	for name := range m {
		if n, err := goose.NumericComponent(name); err == nil {
			v[n] = name
		}
	}
	return v
}

// allIn reports whether every file is among the applied versions.
func (m memFS) allIn(applied []int64) bool {
	for v := range m.versions() {
		if !slices.Contains(applied, v) {
			return false
		}
	}
	return true
}

// Open implements fs.FS.
func (m memFS) Open(name string) (fs.File, error) {
	if name == "." {
		d := &memFile{info: memInfo{name: ".", mode: fs.ModeDir | 0o555}}
		for n, text := range m {
			d.entries = append(d.entries, fs.FileInfoToDirEntry(memInfo{name: n, size: int64(len(text)), mode: 0o444}))
		}
		slices.SortFunc(d.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		return d, nil
	}
	text, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{Reader: strings.NewReader(text), info: memInfo{name: name, size: int64(len(text)), mode: 0o444}}, nil
}

type memFile struct {
	*strings.Reader
	info    memInfo
	entries []fs.DirEntry
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memFile) Close() error               { return nil }

func (f *memFile) Read(b []byte) (int, error) {
	if f.Reader == nil {
		return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: fs.ErrInvalid}
	}
	return f.Reader.Read(b)
}

// ReadDir implements fs.ReadDirFile.
func (f *memFile) ReadDir(n int) ([]fs.DirEntry, error) {
	e := f.entries
	if n > 0 {
		if len(e) == 0 {
			return nil, io.EOF
		}
		e = e[:min(n, len(e))]
	}
	f.entries = f.entries[len(e):]
	return e, nil
}

type memInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) Mode() fs.FileMode  { return i.mode }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.mode.IsDir() }
func (i memInfo) Sys() any           { return nil }
