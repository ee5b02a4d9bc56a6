package place

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"embed"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/maillage/maillage/internal/text"
)

//go:embed data/france.bin data/world.bin data/frames.json data/outlines.svg
var files embed.FS

// Town is a commune with one of its postcodes, or a town of another country.
type Town struct {
	Postcode string // "" abroad
	Code     string // of the commune; abroad, of the country, in two letters
	Name     string
	Lat, Lon float64 // degrees
	People   int
	Near     bool // its place is that of its neighbours
}

// block is a part of a file that is unpacked by itself.
type block struct {
	Name           string
	Offset, Length int
}

// open reads the index of a packed file.
func open(name string) ([]block, []byte) {
	raw, err := files.ReadFile("data/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	head, body, _ := bytes.Cut(raw, []byte("\n"))
	var index []block
	if err := json.Unmarshal(head, &index); err != nil {
		panic(err)
	}
	return index, body
}

// each calls take with the towns of a block until it returns false.
func (b block) each(body []byte, take func(line []byte) bool) {
	lines := bufio.NewScanner(flate.NewReader(bytes.NewReader(body[b.Offset : b.Offset+b.Length])))
	for lines.Scan() {
		if !take(lines.Bytes()) {
			return
		}
	}
}

func read(line []byte) Town {
	f := strings.Split(string(line), "\t")
	if len(f) != 6 {
		return Town{}
	}
	lat, _ := strconv.Atoi(f[3])
	lon, _ := strconv.Atoi(f[4])
	people, near := strings.CutSuffix(f[5], "~")
	n, _ := strconv.Atoi(people)
	return Town{f[0], f[1], f[2], float64(lat) / 1000, float64(lon) / 1000, n, near}
}

// IsPostcode reports whether s is written like a French postcode.
func IsPostcode(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789") == ""
}

// ByPostcode gives the communes of a postcode, the largest first; none for one
// that nobody has. A postcode of an office or a firm (38021) stands for its town.
func ByPostcode(code string) []Town {
	if !IsPostcode(code) {
		return nil
	}
	index, body := open("france.bin")
	var out, sector []Town
	for _, b := range index {
		if !strings.HasPrefix(code, b.Name) {
			continue
		}
		b.each(body, func(line []byte) bool {
			switch {
			case bytes.HasPrefix(line, []byte(code)):
				out = append(out, read(line))
			case bytes.HasPrefix(line, []byte(code[:3])):
				sector = append(sector, read(line))
			}
			return true
		})
	}
	if len(out) == 0 && len(sector) > 0 {
		out = sector
		sortByPeople(out)
		return out[:1]
	}
	sortByPeople(out)
	return out
}

// ByName gives towns whose name begins with what was typed, those of France
// first, then the largest; at most n.
func ByName(name string, n int) []Town {
	want := key(name)
	if len(want) < 2 {
		return nil
	}
	var out []Town
	seen := map[string]bool{}
	for _, file := range []string{"france.bin", "world.bin"} {
		var found, exact []Town
		index, body := open(file)
		for _, b := range index {
			b.each(body, func(line []byte) bool {
				f := bytes.SplitN(line, []byte("\t"), 4)
				if len(f) < 4 || !mayBe(f[2], want) {
					return true
				}
				if k := key(string(f[2])); !strings.HasPrefix(k, want) || file == "france.bin" && seen[string(f[1])] {
					return true
				} else if t := read(line); k == want {
					exact = append(exact, t)
				} else {
					found = append(found, t)
				}
				seen[string(f[1])] = true
				return true
			})
		}
		sortByPeople(exact)
		sortByPeople(found)
		out = append(append(out, exact...), found...)
	}
	// A town abroad of that very name comes before villages that only begin so.
	if len(out) > 0 {
		exact, rest := make([]Town, 0, len(out)), make([]Town, 0, len(out))
		for _, t := range out {
			if key(t.Name) == want {
				exact = append(exact, t)
			} else {
				rest = append(rest, t)
			}
		}
		out = append(exact, rest...)
	}
	return out[:min(n, len(out))]
}

// mayBe rules most names out without folding them: only the first letters of
// names without an accent or an article there are compared.
func mayBe(name []byte, want string) bool {
	if len(name) == 0 || name[0] >= 0x80 {
		return true
	}
	c := name[0] | 0x20
	return c == want[0] || c == 'l' || c == 's' && want[0] == 's'
}

// Find reads what somebody typed: a postcode, a name, or both (« 38000 Grenoble »).
func Find(typed string, n int) []Town {
	typed = strings.TrimSpace(typed)
	var code, rest []string
	for _, word := range strings.Fields(typed) {
		if IsPostcode(word) {
			code = append(code, word)
		} else if len(word) != 4 || strings.Trim(word, "0123456789") != "" { // as postcodes in Belgium and Switzerland are
			rest = append(rest, word)
		}
	}
	name := strings.Join(rest, " ")
	if len(code) == 0 {
		return ByName(name, n)
	}
	all := ByPostcode(code[0])
	if k := key(name); k != "" {
		for i, t := range all {
			if strings.HasPrefix(key(t.Name), k) {
				return []Town{all[i]}
			}
		}
		if len(all) == 0 {
			return ByName(name, n) // a postcode of another country
		}
	}
	return all[:min(n, len(all))]
}

// key folds a name: « L'Haÿ-les-Roses » is "haylesroses", « St Étienne » "stetienne".
func key(name string) string {
	words := strings.FieldsFunc(text.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 1 {
		switch words[0] {
		case "l", "le", "la", "les":
			words = words[1:]
		}
	}
	for i, w := range words {
		switch w {
		case "saint":
			words[i] = "st"
		case "sainte":
			words[i] = "ste"
		}
	}
	return strings.Join(words, "")
}

func sortByPeople(all []Town) {
	slices.SortStableFunc(all, func(a, b Town) int { return cmp.Compare(b.People, a.People) })
}

const earth = 6371.0 // kilometres

// Distance is how far two points are from each other, in kilometres.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	s := math.Sin((lat2 - lat1) * rad / 2)
	t := math.Sin((lon2 - lon1) * rad / 2)
	a := s*s + math.Cos(lat1*rad)*math.Cos(lat2*rad)*t*t
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(a)))
}

// Box is the smallest rectangle of degrees that holds all within some kilometres.
func Box(lat, lon, km float64) (south, west, north, east float64) {
	dLat := km / earth * 180 / math.Pi
	dLon := dLat / math.Max(0.05, math.Cos(lat*math.Pi/180))
	return lat - dLat, lon - dLon, lat + dLat, lon + dLon
}
