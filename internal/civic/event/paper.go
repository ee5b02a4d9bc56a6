package event

import (
	"context"
	"errors"
	"io"
	stdpath "path"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/text"
)

// Who may open a document of a meeting.
const (
	ForReaders    = "readers"    // who may read the meeting
	ForRegistered = "registered" // who comes, and the organiser
)

// Bounds of the documents of a meeting.
const (
	MaxPapers    = 20
	MaxPaperSize = 10 << 20
)

// paper is a document of a meeting.
type paper struct {
	ID        int64
	PostID    int64
	Name      string
	Type      string
	Size      int64
	File      string
	Whom      string
	CreatedAt int64
}

const paperColumns = `d.id, d.post_id, d.name, d.type, d.size, d.file, d.whom, d.created_at`

// paperTypes are the kinds of documents taken. Pictures are not among them: they
// would carry where they were taken; a post takes them out of that.
var paperTypes = map[string]string{
	".pdf": "application/pdf", ".odt": "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".odp": "application/vnd.oasis.opendocument.presentation", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
}

// begins is what files of a kind begin with.
var begins = map[string]string{".pdf": "%PDF-", ".odt": "PK", ".ods": "PK", ".odp": "PK", ".docx": "PK", ".xlsx": "PK", ".pptx": "PK"}

// AddPaper puts a document to a meeting of one's own. Errors: KindInvalid with the
// field "file": "event.no_file", "event.bad_paper", "event.big_paper", "event.many_papers".
func (s *Service) AddPaper(ctx context.Context, v *auth.Viewer, postID int64, name string, r io.Reader, whom string) error {
	if _, _, _, err := s.mine(ctx, v, postID); err != nil {
		return err
	}
	bad := func(key string, args ...any) error { return apperr.Invalid(key, args...).Field("file", key, args...) }
	if name = text.PlainName(stdpath.Base(strings.ReplaceAll(name, "\\", "/")), 120); name == "" || name == "." {
		return bad("event.no_file")
	}
	ext := strings.ToLower(stdpath.Ext(name))
	kind := paperTypes[ext]
	if whom != ForRegistered {
		whom = ForReaders
	}
	if kind == "" {
		return bad("event.bad_paper")
	}
	have, err := papers(ctx, s.DB.Read(), postID)
	if err != nil {
		return err
	}
	if len(have) >= MaxPapers {
		return bad("event.many_papers", MaxPapers)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if head = head[:n]; !strings.HasPrefix(string(head), begins[ext]) || begins[ext] == "" && slices.Contains(head, 0) { // no text has a NUL; pictures do
		return bad("event.bad_paper")
	}
	p := paper{ID: s.IDs.New(), PostID: postID, Name: name, Type: kind, File: blob.NewName(), Whom: whom, CreatedAt: now()}
	p.Size, err = s.Files.Put(ctx, p.File, io.LimitReader(io.MultiReader(strings.NewReader(string(head)), r), MaxPaperSize+1))
	if err == nil && p.Size > MaxPaperSize {
		err = bad("event.big_paper", MaxPaperSize>>20)
	}
	if err == nil {
		err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := one(ctx, tx, postID); err != nil {
				return err
			}
			return db.Insert(ctx, tx, "meeting_paper", &p)
		})
	}
	if err != nil {
		if derr := s.Files.Delete(context.WithoutCancel(ctx), p.File); derr != nil {
			s.Log.Warn("a document that was not taken stays", "file", p.File, "error", derr)
		}
	}
	return err
}

// DropPaper takes a document away from a meeting of one's own.
func (s *Service) DropPaper(ctx context.Context, v *auth.Viewer, postID, id int64) error {
	if _, _, _, err := s.mine(ctx, v, postID); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return shred(ctx, tx, `d.post_id = $1 and d.id = $2`, postID, id)
	})
}

// shred forgets documents; their files go when that is durable.
func shred(ctx context.Context, tx *db.Tx, where string, args ...any) error {
	all, err := db.All[paper](ctx, tx, `select `+paperColumns+` from meeting_paper d where `+where, args...)
	if err != nil || len(all) == 0 {
		return err
	}
	var job shredding
	var ids []int64
	for _, p := range all {
		job.Files, ids = append(job.Files, p.File), append(ids, p.ID)
	}
	frag, in := db.In(1, ids)
	if _, err := tx.Exec(ctx, `delete from meeting_paper where id in `+frag, in...); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindShred, job)
}

// shredding is a job: files that nothing names any more.
type shredding struct{ Files []string }

func (s *Service) shred(ctx context.Context, job shredding) error {
	if err := s.Files.Delete(ctx, job.Files...); err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	return s.DB.Write(ctx, jobs.Done)
}

func papers(ctx context.Context, q db.Q, postID int64) ([]paper, error) {
	return db.All[paper](ctx, q, `select `+paperColumns+` from meeting_paper d where d.post_id = $1 order by d.id`, postID)
}

// opens reports whether somebody may open a document of a meeting that they may read.
func (p *paper) opens(f *found, mine bool) bool {
	return mine || p.Whom == ForReaders || f.Mine.registered()
}

// shownType is the kind of a document in short: « PDF ».
func (p *paper) shownType() string {
	return strings.ToUpper(strings.TrimPrefix(stdpath.Ext(p.Name), "."))
}

// extensions are those taken, for the form.
func extensions() string {
	var all []string
	for ext := range paperTypes {
		all = append(all, ext)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}
