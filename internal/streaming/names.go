package streaming

import (
	"context"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// kind is what a stream shows.
type kind int

const (
	user kind = iota
	notifications
	public
	hashtag
	list
	direct
)

// sub is one stream that a socket follows.
type sub struct {
	kind          kind
	local, remote bool
	media         bool   // only posts with media
	tag           string // folded
	listID        int64
	head          string // the stream's name as a JSON array, as the app asked
	name, param   string // as the app asked
}

// same reports whether both are the one stream for an app.
func (s *sub) same(o *sub) bool { return s.head == o.head }

// streams are the names that there are.
var streams = map[string]sub{
	"user":                {kind: user},
	"user:notification":   {kind: notifications},
	"public":              {kind: public},
	"public:media":        {kind: public, media: true},
	"public:local":        {kind: public, local: true},
	"public:local:media":  {kind: public, local: true, media: true},
	"public:remote":       {kind: public, remote: true},
	"public:remote:media": {kind: public, remote: true, media: true},
	"hashtag":             {kind: hashtag},
	"hashtag:local":       {kind: hashtag, local: true},
	"list":                {kind: list},
	"direct":              {kind: direct},
}

// scopeOf is what a token needs for a stream.
func scopeOf(k kind) string {
	switch k {
	case notifications:
		return "read:notifications"
	case list:
		return "read:statuses|read:lists" // the first by the book, the second like the timeline of a list
	}
	return "read:statuses"
}

// Errors of asking for a stream, in the words of Mastodon's own server.
const (
	errStream = "Unknown stream type"
	errTag    = "Missing tag name parameter"
	errList   = "Missing list name parameter"
)

const maxTag = 200 // bytes

// ask finds the stream that an app names. Errors: KindBadRequest, KindForbidden
// for want of a scope, KindNotFound for a list that is not the viewer's.
func (s *Service) ask(ctx context.Context, v *auth.Viewer, name, tag, listID string) (*sub, error) {
	made, ok := streams[name]
	if !ok {
		return nil, apperr.BadRequest("streaming.unknown")
	}
	if !masto.Allows(v.Scopes, scopeOf(made.kind)) {
		return nil, apperr.Forbidden("masto.scope")
	}
	made.name = name
	switch made.kind {
	case hashtag:
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "#")
		if tag == "" || len(tag) > maxTag {
			return nil, apperr.BadRequest("streaming.no_tag")
		}
		made.tag, made.param = text.Fold(tag), tag
	case list:
		id, ok := ids.Parse(listID)
		if !ok {
			return nil, apperr.BadRequest("streaming.no_list")
		}
		if _, err := s.Timeline.Lists.Get(ctx, v.AccountID, id); apperr.Is(err, apperr.KindNotFound) {
			return nil, apperr.NotFound("streaming.not_yours")
		} else if err != nil {
			return nil, err
		}
		made.listID, made.param = id, listID
	}
	made.head = headOf(made.name, made.param)
	return &made, nil
}

func headOf(name, param string) string {
	b := masto.AppendString([]byte{'['}, name)
	if param != "" {
		b = masto.AppendString(append(b, ','), param)
	}
	return string(append(b, ']'))
}

// words is the sentence of an error for a frame.
func words(err error) (text string, status int) {
	e, _ := apperr.As(err)
	switch {
	case e == nil:
		return "Something went wrong on our end", 500
	case e.Key == "streaming.unknown":
		return errStream, 400
	case e.Key == "streaming.no_tag":
		return errTag, 400
	case e.Key == "streaming.no_list":
		return errList, 400
	case e.Kind == apperr.KindForbidden:
		return "Access token does not have the required scopes", 401
	case e.Kind == apperr.KindNotFound:
		return "Not authorized to stream this list", 404
	}
	return "Bad request", 400
}

// wanted reports whether any of subs is of one of the kinds.
func wanted(subs []*sub, kinds ...kind) bool {
	return slices.ContainsFunc(subs, func(s *sub) bool { return slices.Contains(kinds, s.kind) })
}
