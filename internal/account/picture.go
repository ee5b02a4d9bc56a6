package account

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"sync"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// Client apps want an address of a picture for everybody and refuse to show a
// page without it. These are drawn: a bust on one of six tints, and a plain band.

// tints are the six tints of the pages' round marks.
var tints = [...]color.RGBA{
	{0xdf, 0xe3, 0xd3, 0xff}, {0xea, 0xdc, 0xcb, 0xff}, {0xd7, 0xe1, 0xe4, 0xff},
	{0xe9, 0xd8, 0xd8, 0xff}, {0xe0, 0xdb, 0xe6, 0xff}, {0xec, 0xe3, 0xbf, 0xff},
}

var inkColor = color.RGBA{0x54, 0x55, 0x5c, 0xff}

const (
	avatarSize              = 256
	headerWide, headerHigh  = 1500, 500
	HeaderPath              = "/images/header.png" // a plain band, also for the instance
	picturesFor             = "public, max-age=604800"
	avatarPattern           = "/images/avatar-%d.png"
	avatarRoute             = "/images/avatar-{tint:[0-9]}.png"
	headRadius, bodyRadiusX = 0.19, 0.34
)

// avatarPath is the address of the drawn picture of an account. The low bits
// of an id count within a millisecond, so the time chooses.
func avatarPath(id int64) string {
	return fmt.Sprintf(avatarPattern, (id>>20)%int64(len(tints)))
}

// drawer keeps the drawings, each made at its first use.
type drawer struct {
	avatars [len(tints)]func() []byte
	header  func() []byte
}

func newDrawer() *drawer {
	d := &drawer{header: sync.OnceValue(drawHeader)}
	for i := range d.avatars {
		d.avatars[i] = sync.OnceValue(func() []byte { return drawAvatar(tints[i]) })
	}
	return d
}

func (d *drawer) serve(api *masto.Router) {
	send := func(r *masto.Req, body []byte) error {
		r.W.Header().Set("Cache-Control", picturesFor)
		r.W.Header().Set("Access-Control-Allow-Origin", "*") // apps in browsers read the colours of pictures
		return r.Bytes(http.StatusOK, "image/png", body)
	}
	api.Get(avatarRoute, masto.ScopePublic, func(r *masto.Req) error {
		n, err := strconv.Atoi(r.Var("tint"))
		if err != nil || n >= len(d.avatars) {
			return apperr.NotFound("httpx.not_found")
		}
		return send(r, d.avatars[n]())
	}, httpx.AsClass(httpx.ClassStatic))
	api.Get(HeaderPath, masto.ScopePublic, func(r *masto.Req) error {
		return send(r, d.header())
	}, httpx.AsClass(httpx.ClassStatic))
}

// drawAvatar draws a head and shoulders, with soft edges by four samples a side.
func drawAvatar(paper color.RGBA) []byte {
	const samples = 4
	pal := make(color.Palette, samples*samples+1)
	for i := range pal {
		pal[i] = mix(paper, inkColor, float64(i)/float64(len(pal)-1)*0.55)
	}
	img := image.NewPaletted(image.Rect(0, 0, avatarSize, avatarSize), pal)
	for y := range avatarSize {
		for x := range avatarSize {
			hits := 0
			for sy := range samples {
				for sx := range samples {
					fx := (float64(x) + (float64(sx)+0.5)/samples) / avatarSize
					fy := (float64(y) + (float64(sy)+0.5)/samples) / avatarSize
					if inBust(fx, fy) {
						hits++
					}
				}
			}
			img.Pix[y*img.Stride+x] = uint8(hits)
		}
	}
	return encode(img)
}

// inBust tells whether a point of the unit square is on the figure.
func inBust(x, y float64) bool {
	dx, dy := x-0.5, y-0.40
	if dx*dx+dy*dy < headRadius*headRadius {
		return true
	}
	ex, ey := dx/bodyRadiusX, (y-1)/0.34
	return ex*ex+ey*ey < 1
}

func drawHeader() []byte {
	return encode(image.NewPaletted(image.Rect(0, 0, headerWide, headerHigh), color.Palette{tints[0]}))
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xff}
}

func encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a paletted image of a fixed size always encodes
	}
	return b.Bytes()
}
