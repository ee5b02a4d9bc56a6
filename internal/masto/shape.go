package masto

import (
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
)

// shape is the form that a parameter must have, as the documentation of
// Mastodon's API gives it. A name has the same form wherever it occurs.
type shape struct {
	kind   kind
	inside map[string]shape // of hashes
	each   *shape           // of a hash whose names do not matter
}

type kind int

const (
	anyText kind = iota
	flag         // a truth value
	number
	texts  // a list of texts, or one
	hash   // names with values
	hashes // a list of hashes, or a hash of them by number
	flagOrHash
)

func each(k kind, names string) map[string]shape {
	out := map[string]shape{}
	for _, n := range strings.Fields(names) {
		out[n] = shape{kind: k}
	}
	return out
}

func join(all ...map[string]shape) map[string]shape {
	out := map[string]shape{}
	for _, m := range all {
		for n, s := range m {
			out[n] = s
		}
	}
	return out
}

var flags = &shape{kind: flag}

// shapes are the parameters whose form is checked before a request that changes
// something reaches its handler: what cannot be understood is refused, not
// passed over. Others pass as they are.
var shapes = join(
	each(anyText, `status spoiler_text visibility audience language in_reply_to_id quoted_status_id quote_approval_policy scheduled_at comment category title
		phrase keyword filter_action replies_policy domain description focus display_name note client_name scopes website username email password
		account_id status_id name policy code grant_type`),
	each(flag, `sensitive local_only reblogs notify exclusive whole_word irreversible locked bot discoverable indexable hide_collections forward agreement
		show_media show_media_replies show_featured delete_media`),
	each(number, `expires_in duration`),
	each(texts, `media_ids choices context account_ids status_ids rule_ids languages attribution_domains`),
	map[string]shape{
		"notifications": {kind: flagOrHash}, // of a mute, or a marker
		"home":          {kind: hash, inside: each(anyText, "last_read_id")},
		"poll":          {kind: hash, inside: join(each(texts, "options"), each(number, "expires_in"), each(flag, "multiple hide_totals"))},
		"subscription": {kind: hash, inside: join(each(anyText, "endpoint"), each(flag, "standard"),
			map[string]shape{"keys": {kind: hash, inside: each(anyText, "p256dh auth")}})},
		"source":              {kind: hash, inside: join(each(anyText, "privacy language quote_policy"), each(flag, "sensitive"))},
		"data":                {kind: hash, inside: join(each(anyText, "policy"), map[string]shape{"alerts": {kind: hash, each: flags}})},
		"fields_attributes":   {kind: hashes, inside: each(anyText, "name value")},
		"keywords_attributes": {kind: hashes, inside: join(each(anyText, "keyword id"), each(flag, "whole_word _destroy"))},
		"media_attributes":    {kind: hashes, inside: each(anyText, "id description focus")},
	},
)

// check refuses parameters of a wrong form: KindInvalid with the field.
func (p Params) check() error { return checkAll(p.root, shapes, "") }

func checkAll(root map[string]any, known map[string]shape, under string) error {
	for name, v := range root {
		s, ok := known[name]
		if !ok {
			continue
		}
		if under != "" {
			name = under + "[" + name + "]"
		}
		if err := s.check(name, v); err != nil {
			return err
		}
	}
	return nil
}

func (s shape) check(name string, v any) error {
	if text, ok := v.(string); ok && text == "" {
		return nil // as absent
	}
	bad := apperr.Invalid("masto.bad_value", name).Field(name, "masto.bad_value", name)
	m, isHash := v.(map[string]any)
	switch s.kind {
	case texts:
		all, _ := v.([]any)
		for _, k := range sortedKeys(m) {
			if _, err := strconv.Atoi(k); err != nil {
				return bad
			}
			all = append(all, m[k])
		}
		for _, e := range all {
			if _, ok := e.(string); !ok {
				return bad
			}
		}
	case hash:
		if !isHash {
			return bad
		}
		return s.checkInside(m, name)
	case hashes:
		all, isList := v.([]any)
		if !isList && !isHash {
			return bad
		}
		for _, k := range sortedKeys(m) {
			all = append(all, m[k])
		}
		for _, e := range all {
			m, ok := e.(map[string]any)
			if !ok {
				return bad
			}
			if err := s.checkInside(m, name); err != nil {
				return err
			}
		}
	default:
		text, ok := scalar(v)
		if isHash && s.kind == flagOrHash {
			return nil
		}
		if !ok || !s.kind.reads(text) {
			return bad
		}
	}
	return nil
}

func (s shape) checkInside(m map[string]any, name string) error {
	if s.each == nil {
		return checkAll(m, s.inside, name)
	}
	for k, v := range m {
		if err := s.each.check(name+"["+k+"]", v); err != nil {
			return err
		}
	}
	return nil
}

// reads reports whether a text is a value of the kind.
func (k kind) reads(text string) bool {
	switch k {
	case flag, flagOrHash:
		_, known := truth(text)
		return known
	case number:
		_, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return err == nil
	}
	return true
}
