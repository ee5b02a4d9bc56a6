package pg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// initData makes a cluster's folder. initdb takes a second, so its result is
// kept in the user's cache folder, one per version, and copied from there.
func initData(bin, dir, data string, cred *syscall.Credential, run func(name string, args ...string) error) error {
	initdb := func() error {
		return run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return initdb()
	}
	cache = filepath.Join(cache, "maillage-test")
	kept := filepath.Join(cache, fmt.Sprintf("initdb-%d", version(bin)))
	if _, err := os.Stat(filepath.Join(kept, "PG_VERSION")); err == nil {
		return copyOwned(data, kept, cred)
	}
	if err := initdb(); err != nil {
		return err
	}
	// Keeping a copy is a convenience: what hinders it is no error.
	if os.MkdirAll(cache, 0o700) != nil {
		return nil
	}
	tmp, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(tmp)
	part := filepath.Join(tmp, "data")
	if copyOwned(part, data, nil) == nil {
		os.Rename(part, kept) // fails when another process was faster
	}
	return nil
}

// copyOwned copies a folder as one of the server's user alone.
func copyOwned(to, from string, cred *syscall.Credential) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		err = os.Chmod(path, mode)
		if cred != nil {
			err = errors.Join(err, os.Chown(path, int(cred.Uid), int(cred.Gid)))
		}
		return err
	})
}
