package i18n

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// Default is the language of a person of whom we know nothing.
const Default = "fr"

// Languages lists what the product speaks, the default first.
func Languages() []string { return []string{"fr", "en"} }

// Known reports whether lang is one of Languages.
func Known(lang string) bool { return slices.Contains(Languages(), lang) }

// Setter gives a plain sentence the typography of its language.
type Setter func(lang, s string) string

// Bundle holds the messages of all languages. Fill it with AddFS, then only
// read it: reading is safe for concurrent use.
type Bundle struct {
	set    Setter
	bundle *goi18n.Bundle
	keys   map[string]map[string]bool      // language → key → known
	plain  map[string]map[string]string    // language → key → text that takes no argument, already set
	simple map[string]map[string][]segment // language → key → text whose arguments are plain
	locals map[string]*Localizer

	mu      sync.Mutex
	missing map[string]bool
}

// New makes a bundle that only knows the words of dates. set is applied to every sentence on its way out;
// nil leaves sentences as written.
func New(set Setter) *Bundle {
	if set == nil {
		set = func(_, s string) string { return s }
	}
	b := &Bundle{
		set:     set,
		bundle:  goi18n.NewBundle(language.French),
		keys:    map[string]map[string]bool{},
		plain:   map[string]map[string]string{},
		simple:  map[string]map[string][]segment{},
		locals:  map[string]*Localizer{},
		missing: map[string]bool{},
	}
	for _, lang := range Languages() {
		b.keys[lang] = map[string]bool{}
		b.plain[lang] = map[string]string{}
		b.simple[lang] = map[string][]segment{}
		b.locals[lang] = newLocalizer(b, lang)
	}
	if err := b.AddFS(calendar); err != nil {
		panic(err) // the files are embedded and tested
	}
	return b
}

// AddFS merges the files fr.yaml and en.yaml found at the root of fsys or in
// its folder "i18n", "locales" or "calendar". A language without a file is left out; no
// file at all, a key defined twice or a malformed file is an error.
func (b *Bundle) AddFS(fsys fs.FS) error {
	found := false
	for _, lang := range Languages() {
		for _, dir := range []string{"", "i18n/", "locales/", "calendar/"} {
			name := dir + lang + ".yaml"
			raw, err := fs.ReadFile(fsys, name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("read messages %s: %w", name, err)
			}
			found = true
			if err := b.add(lang, raw); err != nil {
				return fmt.Errorf("messages %s: %w", name, err)
			}
		}
	}
	if !found {
		return errors.New("no messages: expected fr.yaml or en.yaml")
	}
	return nil
}

func (b *Bundle) add(lang string, raw []byte) error {
	entries := map[string]any{}
	if err := yaml.Unmarshal(raw, &entries); err != nil {
		return err
	}
	for key, value := range entries {
		if b.keys[lang][key] {
			return fmt.Errorf("key %q is defined twice", key)
		}
		m := &goi18n.Message{ID: key}
		switch v := value.(type) {
		case string:
			m.Other = v
			if !strings.Contains(v, "{{") {
				b.plain[lang][key] = b.set(lang, v)
			} else if segs := segments(v); segs != nil {
				b.simple[lang][key] = segs
			}
		case map[string]any:
			for form, text := range v {
				s, ok := text.(string)
				if !ok {
					return fmt.Errorf("key %q, form %q: not a text", key, form)
				}
				switch form {
				case "one":
					m.One = s
				case "other":
					m.Other = s
				case "description":
					m.Description = s
				default:
					return fmt.Errorf("key %q: unknown plural form %q", key, form)
				}
			}
		default:
			return fmt.Errorf("key %q: neither a text nor plural forms", key)
		}
		if m.Other == "" {
			return fmt.Errorf("key %q: no text", key)
		}
		if m.One == "" {
			m.One = m.Other
		}
		m.Many = m.Other // French has a third form, for whole millions, which we word like the second
		if err := b.bundle.AddMessages(language.Make(lang), m); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		b.keys[lang][key] = true
	}
	return nil
}

// Localizer speaks one language; an unknown one gives the default.
func (b *Bundle) Localizer(lang string) *Localizer {
	if l, ok := b.locals[lang]; ok {
		return l
	}
	return b.locals[Default]
}

// Keys lists the keys known in a language, sorted.
func (b *Bundle) Keys(lang string) []string {
	keys := make([]string, 0, len(b.keys[lang]))
	for k := range b.keys[lang] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Unmatched lists, as "lang: key", the keys that one language has and another
// lacks.
func (b *Bundle) Unmatched() []string {
	var out []string
	for _, have := range Languages() {
		for _, want := range Languages() {
			for k := range b.keys[have] {
				if !b.keys[want][k] {
					out = append(out, want+": "+k)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Missing lists, as "lang: key", the keys that were asked for and are not
// defined, or whose arguments did not fit, since the bundle was made.
func (b *Bundle) Missing() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]string, 0, len(b.missing))
	for k := range b.missing {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (b *Bundle) miss(lang, key string) string {
	b.mu.Lock()
	if len(b.missing) < 1000 {
		b.missing[lang+": "+key] = true
	}
	b.mu.Unlock()
	return "⟦" + key + "⟧"
}
