package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/maillage/maillage/internal/apperr"
)

// Bucket keeps files in a bucket of an object store that speaks S3, for
// instances of several nodes. The bucket is for this instance alone, or the
// part of it below a prefix; nobody reads it but the instance.
type Bucket struct {
	client *minio.Client
	name   string
	prefix string // "" or ending in a slash
}

// NewBucket keeps files where an address says: s3://key:password@host/bucket, a
// prefix behind it if wanted, ?region= where the store has regions, and s3+http
// for a store without TLS. It asks the store nothing yet.
func NewBucket(address string) (*Bucket, error) {
	u, err := ParseBucket(address)
	if err != nil {
		return nil, err
	}
	secret, _ := u.User.Password()
	c, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(u.User.Username(), secret, ""), Secure: u.Scheme == "s3",
		Region: u.Query().Get("region"), BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Bucket{c, bucket, prefix}, nil
}

// ParseBucket reads the address of a bucket. The error never repeats it, since
// it holds a secret.
func ParseBucket(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "s3" && u.Scheme != "s3+http" || u.Host == "":
		return nil, errors.New("it must begin with s3://key:password@host/bucket")
	case u.User.Username() == "" || !strings.Contains(u.User.String(), ":"):
		return nil, errors.New("it lacks the key and its password: s3://key:password@host/bucket")
	case strings.Trim(u.Path, "/") == "":
		return nil, errors.New("it lacks the bucket: s3://key:password@host/bucket")
	}
	return u, nil
}

// failed tells what the store said, without addresses.
func failed(doing string, err error) error {
	if r := minio.ToErrorResponse(err); r.Code != "" {
		return fmt.Errorf("blob: %s: %s (%d)", doing, r.Code, r.StatusCode)
	}
	return fmt.Errorf("blob: %s: %w", doing, err)
}

func missing(err error) bool { return minio.ToErrorResponse(err).Code == "NoSuchKey" }

// Put implements Store. What comes is written aside first, so that the store
// gets it with its size, whole or not at all.
func (b *Bucket) Put(ctx context.Context, name string, r io.Reader) (n int64, err error) {
	if err := notFound(name); err != nil {
		return 0, err
	}
	aside, err := os.CreateTemp("", "maillage-*")
	if err != nil {
		return 0, fmt.Errorf("blob: %w", err)
	}
	defer func() { aside.Close(); os.Remove(aside.Name()) }()
	if n, err = io.Copy(aside, reader{ctx, r}); err != nil {
		return 0, fmt.Errorf("blob: write: %w", err)
	}
	if _, err := aside.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("blob: %w", err)
	}
	_, err = b.client.PutObject(ctx, b.name, b.prefix+name, aside, n, minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	if err != nil {
		return 0, failed("write", err)
	}
	return n, nil
}

// Open implements Store.
func (b *Bucket) Open(ctx context.Context, name string) (File, error) {
	if err := notFound(name); err != nil {
		return nil, err
	}
	// The file is read after Open has returned, so it ends with Close, not with ctx.
	o, err := b.client.GetObject(context.WithoutCancel(ctx), b.name, b.prefix+name, minio.GetObjectOptions{})
	if err == nil {
		if _, err = o.Stat(); err == nil {
			return o, nil
		}
		o.Close()
	}
	if missing(err) {
		return nil, apperr.NotFound("httpx.not_found").Wrap(err)
	}
	return nil, failed("open", err)
}

// Delete implements Store.
func (b *Bucket) Delete(ctx context.Context, names ...string) error {
	var all error
	for _, name := range names {
		if !Valid(name) {
			continue
		}
		if err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
			all = errors.Join(all, failed("delete", err))
		}
	}
	return all
}

// Names implements Store.
func (b *Bucket) Names(ctx context.Context, yes func(name string) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the list when yes has had enough
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return failed("list", o.Err)
		}
		if name := strings.TrimPrefix(o.Key, b.prefix); Valid(name) && !yes(name) {
			return nil
		}
	}
	return ctx.Err()
}
