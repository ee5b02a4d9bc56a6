package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// missing is the error of a folder that holds no configuration; it is an
// fs.ErrNotExist.
type missing struct{ dir string }

func (m missing) Error() string {
	return fmt.Sprintf("there is no instance in %s; make one: maillage init --dir %s --host section.example", m.dir, m.dir)
}

func (m missing) Is(target error) bool { return target == fs.ErrNotExist }

// Problem is an error in a configuration: one sentence.
type Problem struct {
	File string // path of the file, "" when the values do not come from one
	Line int    // 0 when unknown
	Key  string // "" when the file as a whole is wrong
	Text string
}

func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ", line %d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

func problem(key, format string, args ...any) *Problem {
	return &Problem{Key: key, Text: fmt.Sprintf(format, args...)}
}

// Load reads and checks the configuration in dir; without one the error is
// fs.ErrNotExist.
func Load(dir string) (*Config, error) {
	path := filepath.Join(dir, FileName)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing{dir}
	case err != nil:
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	c := &Config{Dir: dir}
	lines, err := c.parse(data)
	if err == nil {
		err = c.Validate()
	}
	if p := (*Problem)(nil); errors.As(err, &p) {
		p.File = path
		if p.Line == 0 {
			p.Line = lines[p.Key]
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// parse fills c from YAML and tells on which line each key stands.
func (c *Config) parse(data []byte) (lines map[string]int, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, syntaxProblem(err)
	}
	lines = map[string]int{}
	if doc.Kind == 0 { // nothing but comments
		return lines, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, &Problem{Line: root.Line, Text: "the file must hold lines of the form key: value"}
	}
	fields := keys()
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		f, ok := fields[key.Value]
		switch {
		case !ok:
			p := &Problem{Line: key.Line, Key: key.Value, Text: "there is no such key"}
			if near := nearest(key.Value, fields); near != "" {
				p.Text += "; did you mean " + near + "?"
			}
			return nil, p
		case lines[key.Value] > 0:
			return nil, &Problem{Line: key.Line, Key: key.Value, Text: fmt.Sprintf("the key is already on line %d", lines[key.Value])}
		}
		lines[key.Value] = key.Line
		if err := set(reflect.ValueOf(c).Elem().FieldByIndex(f.Index), value); err != nil {
			return nil, &Problem{Line: value.Line, Key: key.Value, Text: err.Error()}
		}
	}
	return lines, nil
}

func set(field reflect.Value, value *yaml.Node) error {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	switch {
	case value.Tag == "!!null":
		return nil
	case value.Kind != yaml.ScalarNode:
		return errors.New("one value is expected, not a list")
	case field.Kind() == reflect.Bool:
		if value.Tag != "!!bool" {
			return fmt.Errorf("%q is neither true nor false", value.Value)
		}
		return value.Decode(field.Addr().Interface())
	}
	field.SetString(value.Value) // 2026 is a fine name
	return nil
}

// yamlLine is how yaml.v3 begins the message of a syntax error.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func syntaxProblem(err error) *Problem {
	message, _, _ := strings.Cut(err.Error(), "\n")
	p := &Problem{Text: "the YAML cannot be read: " + yamlLine.ReplaceAllString(message, "")}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // no number leaves 0, which is unknown
	}
	return p
}

// keys gives the struct's fields by their key in the file.
func keys() map[string]reflect.StructField {
	m := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if key := f.Tag.Get("yaml"); key != "-" {
			m[key] = f
		}
	}
	return m
}

// Save writes the configuration to c.Dir, with a comment above each key; the
// file is replaced at once or not at all. It may hold a database password: only
// its owner can read it.
func (c *Config) Save() error {
	if err := c.Validate(); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(c.Dir, ".config-*.yaml") // mode 0600
	if err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(c.file())
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), c.Path())
	}
	if err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	return nil
}

// file is the text of config.yaml for c.
func (c *Config) file() []byte {
	var b bytes.Buffer
	b.WriteString("# The configuration of one Maillage instance. The rest is set in the admin pages.\n\n")
	v := reflect.ValueOf(c).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		key := f.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		value, err := yaml.Marshal(v.FieldByIndex(f.Index).Interface())
		if err != nil {
			panic(err) // strings and booleans always marshal
		}
		fmt.Fprintf(&b, "# %s\n%s: %s", f.Tag.Get("doc"), key, value)
	}
	return b.Bytes()
}

// Example is the text of config.example.yaml.
func Example() []byte {
	c := &Config{}
	v := reflect.ValueOf(c).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if s := f.Tag.Get("example"); s != "" {
			v.FieldByIndex(f.Index).SetString(s)
		}
	}
	return c.file()
}

// nearest is the key that somebody who wrote word most likely meant, "" if none
// comes close.
func nearest(word string, fields map[string]reflect.StructField) string {
	best, least := "", 3 // at most two letters off
	for key := range fields {
		d := distance(strings.ToLower(strings.ReplaceAll(word, "-", "_")), key)
		if d < least || d == least && best != "" && key < best {
			best, least = key, d
		}
	}
	return best
}

// distance is Levenshtein's: the letters to add, drop or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
