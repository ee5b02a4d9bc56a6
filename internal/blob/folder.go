package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/maillage/maillage/internal/apperr"
)

// Folder keeps files in a folder of this machine, 1024 folders inside it by the
// first two letters of their names.
type Folder struct {
	dir string

	mu   sync.Mutex
	root *os.Root
}

// NewFolder keeps files in dir, which is made at the first file.
func NewFolder(dir string) *Folder { return &Folder{dir: dir} }

// incoming is where files are written before they get their names.
const incoming = "incoming"

func (f *Folder) open() (*os.Root, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root != nil {
		return f.root, nil
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := root.MkdirAll(incoming, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %w", err), root.Close())
	}
	f.root = root
	return root, nil
}

// Close lets go of the folder; a later use opens it again.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root == nil {
		return nil
	}
	err := f.root.Close()
	f.root = nil
	return err
}

func place(name string) (dir, file string) { return name[:2], name[:2] + "/" + name[2:] }

// Put implements Store.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	if err := notFound(name); err != nil {
		return 0, err
	}
	root, err := f.open()
	if err != nil {
		return 0, err
	}
	aside := incoming + "/" + name
	n, err := write(ctx, root, aside, r)
	if err == nil {
		dir, file := place(name)
		if err = root.MkdirAll(dir, 0o700); err == nil {
			err = root.Rename(aside, file)
		}
	}
	if err != nil {
		_ = root.Remove(aside) // what is left there is no file yet
		return 0, fmt.Errorf("blob: write: %w", err)
	}
	return n, nil
}

func write(ctx context.Context, root *os.Root, path string, r io.Reader) (int64, error) {
	w, err := root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, reader{ctx, r})
	if err == nil {
		err = w.Sync()
	}
	return n, errors.Join(err, w.Close())
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, name string) (File, error) {
	if err := notFound(name); err != nil {
		return nil, err
	}
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	_, path := place(name)
	file, err := root.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, apperr.NotFound("httpx.not_found").Wrap(err)
	} else if err != nil {
		return nil, fmt.Errorf("blob: open: %w", err)
	}
	return file, nil
}

// Path is where a file lies, for programs that read it themselves.
func (f *Folder) Path(name string) (string, bool) {
	if !Valid(name) {
		return "", false
	}
	_, path := place(name)
	return f.dir + "/" + path, true
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, names ...string) error {
	root, err := f.open()
	if err != nil {
		return err
	}
	var failed error
	for _, name := range names {
		if !Valid(name) {
			continue
		}
		_, path := place(name)
		if err := root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, fmt.Errorf("blob: delete: %w", err))
		}
	}
	return failed
}

// Names implements Store.
func (f *Folder) Names(ctx context.Context, yes func(name string) bool) error {
	root, err := f.open()
	if err != nil {
		return err
	}
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(path) < 3 || path[2] != '/' {
			return nil // not yet a file
		}
		if !yes(path[:2] + path[3:]) {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("blob: list: %w", err)
	}
	return nil
}
