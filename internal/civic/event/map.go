package event

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/place"
)

// outlinesPath serves what maps are drawn on.
const outlinesPath = Path + "/contours.svg"

// outlines are the drawing, packed, with its name.
var outlines = sync.OnceValues(func() ([]byte, string) {
	raw := place.Outlines()
	sum := sha256.Sum256(raw)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(raw)
	w.Close()
	return z.Bytes(), hex.EncodeToString(sum[:6])
})

// getOutlines gives the outlines of the map; under their name they may be kept for ever.
func getOutlines(c *httpx.Ctx) error {
	packed, name := outlines()
	h := c.W.Header()
	h.Set("ETag", `"`+name+`"`)
	h.Set("Cache-Control", "public, max-age=3600")
	if c.Query("v") == name {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if c.R.Header.Get("If-None-Match") == `"`+name+`"` {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Add("Vary", "Accept-Encoding")
	if !strings.Contains(c.R.Header.Get("Accept-Encoding"), "gzip") {
		return c.Bytes(http.StatusOK, "image/svg+xml", place.Outlines())
	}
	h.Set("Content-Encoding", "gzip")
	return c.Bytes(http.StatusOK, "image/svg+xml", packed)
}

// frameURL is the address of the outline of a frame.
func frameURL(f place.Frame) string {
	_, name := outlines()
	return outlinesPath + "?v=" + name + "#" + f.ID
}

// mapView is the map of the agenda, in pieces.
type mapView struct {
	Frames []frameView
	Off    int // meetings that are on none of them
	OffSay string
}

// frameView is one piece: the outline of France, or of a land overseas.
type frameView struct {
	URL, Name     string
	Width, Height string
	Main          bool
	Points        []pointView
	Around        *circleView // where the filter looks
}

// pointView stands for the meetings that are near each other; it leads to the
// first of them in the list.
type pointView struct {
	X, Y, R, Label string
	URL            string
	Count          string // "" for one
}

type circleView struct{ X, Y, R string }

func coord(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// gather is how near two meetings are that share a point, in units of the map of Europe.
const gather = 16.0

// mapOf draws the meetings of a list. Only lands where something is are drawn,
// and France in Europe, unless all that is looked for is overseas.
func mapOf(c *httpx.Ctx, all []entry, f filter) *mapView {
	v := &mapView{}
	placed := map[int]bool{}
	frames := place.Frames()
	for n, frame := range frames {
		x := frameView{URL: frameURL(frame), Name: c.T("event.land." + frame.ID), Width: coord(frame.Width), Height: coord(frame.Height), Main: n == 0}
		near := gather
		if n > 0 {
			near = gather * 0.8
		}
		type cluster struct {
			x, y  float64
			first *entry
			towns []string
			count int
		}
		var clusters []*cluster
		for i := range all {
			e := &all[i]
			if e.spot == nil || placed[i] || !frame.Holds(e.spot.Lat, e.spot.Lon) {
				continue
			}
			placed[i] = true
			px, py := frame.Point(e.spot.Lat, e.spot.Lon)
			var into *cluster
			for _, k := range clusters {
				if math.Hypot(k.x-px, k.y-py) < near {
					into = k
					break
				}
			}
			if into == nil {
				into = &cluster{x: px, y: py, first: e}
				clusters = append(clusters, into)
			}
			into.count++
			if town := e.found.City; town != "" && (len(into.towns) == 0 || into.towns[len(into.towns)-1] != town) {
				into.towns = append(into.towns, town)
			}
		}
		for _, k := range clusters {
			p := pointView{X: coord(k.x), Y: coord(k.y), URL: "#" + k.first.ID, R: coord(near * (0.44 + 0.05*math.Min(4, float64(k.count-1))))}
			p.Label = c.Loc.N("event.point", k.count, "Where", strings.Join(k.towns[:min(3, len(k.towns))], ", "), "Title", k.first.Title)
			if k.count > 1 {
				p.Count = strconv.Itoa(k.count)
			}
			x.Points = append(x.Points, p)
		}
		if f.town != nil && frame.Holds(f.town.Lat, f.town.Lon) {
			px, py := frame.Point(f.town.Lat, f.town.Lon)
			_, _, north, _ := place.Box(f.town.Lat, f.town.Lon, float64(f.Radius))
			_, top := frame.Point(north, f.town.Lon)
			x.Around = &circleView{coord(px), coord(py), coord(py - top)}
		}
		if n == 0 || len(x.Points) > 0 || x.Around != nil {
			v.Frames = append(v.Frames, x)
		}
	}
	if v.Off = len(all) - len(placed); v.Off > 0 {
		v.OffSay = c.Loc.N("event.off_map", v.Off)
	}
	return v
}

// spotView shows where one meeting is.
type spotView struct {
	URL, ViewBox  string
	Width, Height string
	X, Y, R       string
	Label         string
}

// viewOf draws the country around a spot; nil when it is on no piece of the map.
func viewOf(c *httpx.Ctx, p spot, where string) *spotView {
	for n, f := range place.Frames() {
		if !f.Holds(p.Lat, p.Lon) {
			continue
		}
		x, y := f.Point(p.Lat, p.Lon)
		wide, high := 150.0, 90.0
		if n > 0 {
			wide, high = math.Max(f.Width, f.Height/0.6), math.Max(f.Height, f.Width*0.6)
			return &spotView{URL: frameURL(f), ViewBox: coord((f.Width-wide)/2) + " " + coord((f.Height-high)/2) + " " + coord(wide) + " " + coord(high), Width: coord(f.Width), Height: coord(f.Height),
				X: coord(x), Y: coord(y), R: coord(wide / 40), Label: c.T("event.map_of", "Where", where)}
		}
		return &spotView{URL: frameURL(f), ViewBox: coord(x-wide/2) + " " + coord(y-high/2) + " " + coord(wide) + " " + coord(high), Width: coord(f.Width), Height: coord(f.Height),
			X: coord(x), Y: coord(y), R: coord(wide / 40), Label: c.T("event.map_of", "Where", where)}
	}
	return nil
}
