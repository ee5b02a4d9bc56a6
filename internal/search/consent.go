package search

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// The authors of other servers may say for each post who finds it by a search:
// anybody, their followers, certain people, or nobody but themselves. That goes
// before what they say for all of their posts. Our own people choose once, for all.
//
// Spec: FEP-268d

// maxConsents is how many ids are kept of one post; whoever comes after them
// does not find it.
const maxConsents = 100

// takeConsent keeps what a received post says of searching, anew at each edit.
func takeConsent(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	if err := forgetConsent(ctx, tx, p); err != nil {
		return err
	}
	by := d.SearchableBy()
	for _, uri := range by[:min(len(by), maxConsents)] {
		if as.IsPublic(uri) {
			uri = as.Public
		}
		if len(uri) > as.MaxURL {
			uri = "" // nobody's: that it was said counts
		}
		if _, err := tx.Exec(ctx, `insert into search_consent (post_id, uri) values ($1, $2) on conflict do nothing`, p.ID, uri); err != nil {
			return err
		}
	}
	return nil
}

func forgetConsent(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from search_consent where post_id = $1`, p.ID)
	return err
}

// consented is the condition that the author of a post p for everybody lets the
// account whose id is the argument me find it.
func consented(me string) string {
	return `case when exists (select 1 from search_consent sc where sc.post_id = p.id) then exists (select 1 from search_consent sc
			where sc.post_id = p.id and (sc.uri = '` + as.Public + `' or sc.uri = (select su.uri from account su where su.id = ` + me + `)
				or sc.uri = (select sa.followers from account sa join follow sf on sf.target_id = sa.id
					where sa.id = p.account_id and sf.account_id = ` + me + ` and sf.accepted and sa.followers <> '')))
		else exists (select 1 from account sa where sa.id = p.account_id and sa.indexable) end`
}
