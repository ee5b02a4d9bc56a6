package instance

import (
	"context"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
)

// policyAt is the key of the setting that says when rules, privacy and terms were
// changed; no form sets it.
const policyAt = "policy_at"

// rules are the rules of the house, one each.
func (s Settings) rules() []string {
	var out []string
	for line := range strings.SplitSeq(s.Rules, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// ruleEntities are the rules as apps show them; each is known by its place.
//
// Spec: Mastodon entities/Rule
func (s Settings) ruleEntities() masto.Array[masto.Rule] {
	var out masto.Array[masto.Rule]
	for i, text := range s.rules() {
		out = append(out, masto.Rule{ID: ids.String(int64(i + 1)), Text: text})
	}
	return out
}

// RulesOf gives the rules with some ids, those that there are no more left out.
func (s *Service) RulesOf(ctx context.Context, wanted []string) ([]masto.Rule, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	set, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(set.ruleEntities(), func(r masto.Rule) bool { return !slices.Contains(wanted, r.ID) }), nil
}

// policyTime is when rules, privacy or terms were last changed; when the instance was
// made, that is its first account, for never.
func (s *Service) policyTime(ctx context.Context, set Settings) (masto.Time, error) {
	if ms, ok := ids.Parse(set.PolicyAt); ok {
		return masto.At(ms), nil
	}
	ms, err := db.Get[int64](ctx, s.DB.Read(), `select created_at from account where host = '' order by id limit 1`)
	if apperr.Is(err, apperr.KindNotFound) {
		err = nil
	}
	return masto.At(ms), err
}

// asHTML makes paragraphs of plain text.
func asHTML(list []string) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>")
	}
	return b.String()
}

// Spec: Mastodon instance#rules
func (s *Service) apiRules(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	return masto.List(r, set.ruleEntities())
}

// apiPrivacy answers with what the page about us says.
//
// Spec: Mastodon instance#privacy_policy
func (s *Service) apiPrivacy(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	words := paragraphs(set.Privacy)
	if len(words) == 0 {
		words = []string{r.T("instance.privacy_text"), r.T("instance.privacy_trackers")}
	}
	at, err := s.policyTime(r.Context(), set)
	if err != nil {
		return err
	}
	return r.OK(masto.ExtendedDescription{UpdatedAt: at, Content: asHTML(words)})
}

// terms is the text that people accept.
//
// Spec: Mastodon entities/TermsOfService
type terms struct {
	EffectiveDate string  `json:"effective_date"`
	Effective     bool    `json:"effective"`
	Content       string  `json:"content"`
	SucceededBy   *string `json:"succeeded_by"`
}

// apiTerms answers 404 when there are none, and for any date but that of the present ones.
//
// Spec: Mastodon instance#terms_of_service
func (s *Service) apiTerms(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	since, err := s.policyTime(r.Context(), set)
	if err != nil {
		return err
	}
	at := time.Time(since).UTC().Format(time.DateOnly)
	if set.Terms == "" || r.Var("date") != "" && r.Var("date") != at {
		return apperr.NotFound("instance.no_terms")
	}
	return r.OK(terms{EffectiveDate: at, Effective: true, Content: asHTML(paragraphs(set.Terms))})
}

// language is one that the pages speak.
type language struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

func apiLanguages(r *masto.Req) error {
	names := map[string]string{"fr": "Français", "en": "English"}
	var out []language
	for _, l := range i18n.Languages() {
		name := names[l]
		if name == "" {
			name = l
		}
		out = append(out, language{l, name})
	}
	return masto.List(r, out)
}
