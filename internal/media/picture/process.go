package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/buckket/go-blurhash"
	"golang.org/x/image/webp"
)

// Sizes says what to make of a picture, in pixels. Where both of a pair are
// set, the picture is cut to this form, around its middle; else no side is
// longer than Side.
type Sizes struct {
	Side         int // longest side of the picture itself
	Small        int // longest side of the small one, 0 for none
	CropW, CropH int // for avatars and headers
	Still        bool
}

// The sizes of what is made.
var (
	ForPosts   = Sizes{Side: 2560, Small: 640}
	ForAvatars = Sizes{CropW: 400, CropH: 400, Still: true}
	ForHeaders = Sizes{CropW: 1500, CropH: 500, Still: true}
	ForEmoji   = Sizes{Side: 128}
	ForCards   = Sizes{Side: 800, Still: true}
)

// Result is a picture that may be shown.
type Result struct {
	Type          string // image/jpeg, image/png, image/gif
	Bytes         []byte
	Width, Height int
	Small         []byte // nil when none was asked for
	SmallType     string
	SmallW        int
	SmallH        int
	Blurhash      string
}

const (
	quality      = 86
	smallQuality = 80
	largePNG     = 3 << 20 // bytes from which an opaque picture is better kept as a JPEG
)

// Process makes a Result of a file, here. It takes the memory that Read foresees
// and trusts the decoders: servers use a Pool.
//
// Spec: ME1, ME3
func Process(b []byte, z Sizes) (*Result, error) {
	h, err := Read(b)
	if err != nil {
		return nil, err
	}
	if h.Type == "image/gif" && h.Frames > 1 && !z.Still {
		return moving(b, z)
	}
	img, err := decode(b, h.Type)
	if err != nil {
		return nil, err
	}
	full := turn(shrink(cropped(img, z, h.Orientation), z, h.Orientation), h.Orientation)
	img = nil
	out := &Result{Width: full.Bounds().Dx(), Height: full.Bounds().Dy()}
	if out.Bytes, out.Type, err = encode(full, h.Type != "image/jpeg", quality); err != nil {
		return nil, err
	}
	return out, out.small(full, z)
}

func (r *Result) small(full image.Image, z Sizes) error {
	small := full
	if z.Small > 0 {
		small = fit(full, z.Small)
		var err error
		if r.Small, r.SmallType, err = encode(small, !opaque(small), smallQuality); err != nil {
			return err
		}
		r.SmallW, r.SmallH = small.Bounds().Dx(), small.Bounds().Dy()
	}
	hash, err := blurhash.Encode(4, 3, onWhite(fit(small, 32)))
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	r.Blurhash = hash
	return nil
}

func decode(b []byte, kind string) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("%w: %v", ErrBroken, p)
		}
	}()
	r := bytes.NewReader(b)
	switch kind {
	case "image/jpeg":
		img, err = jpeg.Decode(r)
	case "image/png":
		img, err = png.Decode(r)
	case "image/gif":
		img, err = gif.Decode(r)
	default:
		img, err = webp.Decode(r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return img, nil
}

// encode writes a picture; with lossless it is a PNG, unless that is large and a JPEG will do.
func encode(img image.Image, lossless bool, q int) ([]byte, string, error) {
	var b bytes.Buffer
	if lossless {
		if err := png.Encode(&b, img); err != nil {
			return nil, "", fmt.Errorf("picture: %w", err)
		}
		if b.Len() < largePNG || !opaque(img) {
			return b.Bytes(), "image/png", nil
		}
		b.Reset()
	}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: q}); err != nil {
		return nil, "", fmt.Errorf("picture: %w", err)
	}
	return b.Bytes(), "image/jpeg", nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// cropped is the middle part of img that has the form asked for.
func cropped(img image.Image, z Sizes, orientation int) image.Image {
	if z.CropW == 0 {
		return img
	}
	cw, ch := z.CropW, z.CropH
	if orientation >= 5 { // it will lie on its side
		cw, ch = ch, cw
	}
	r := img.Bounds()
	w, h := r.Dx(), r.Dy()
	if w*ch > h*cw {
		w = max(1, h*cw/ch)
	} else {
		h = max(1, w*ch/cw)
	}
	x, y := r.Min.X+(r.Dx()-w)/2, r.Min.Y+(r.Dy()-h)/2
	sub, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	})
	if !ok {
		return img
	}
	return sub.SubImage(image.Rect(x, y, x+w, y+h))
}

func shrink(img image.Image, z Sizes, orientation int) image.Image {
	if z.CropW == 0 {
		return fit(img, z.Side)
	}
	w, h := z.CropW, z.CropH
	if orientation >= 5 {
		w, h = h, w
	}
	if r := img.Bounds(); r.Dx() <= w || r.Dy() <= h {
		return scaled(img, r.Dx(), r.Dy())
	}
	return scaled(img, w, h)
}

// fit gives a copy of img in RGBA whose sides are no longer than side.
func fit(img image.Image, side int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if m := max(w, h); m > side {
		w, h = max(1, (w*side+m/2)/m), max(1, (h*side+m/2)/m)
	}
	return scaled(img, w, h)
}

func onWhite(img image.Image) image.Image {
	if opaque(img) {
		return img
	}
	dst := image.NewRGBA(img.Bounds())
	draw.Draw(dst, dst.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(dst, dst.Bounds(), img, img.Bounds().Min, draw.Over)
	return dst
}

// turn puts a picture the right way up.
func turn(img image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return img
	}
	src, ok := img.(*image.RGBA)
	if !ok {
		return img
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

// moving writes the pictures of a GIF anew, without what stands between them.
// One that is larger than asked for keeps its size if it fits twice, and stands
// still otherwise.
func moving(b []byte, z Sizes) (out *Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("%w: %v", ErrBroken, p)
		}
	}()
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	first := fit(g.Image[0], z.Side)
	out = &Result{}
	if m := max(g.Config.Width, g.Config.Height); m > 2*z.Side {
		out.Width, out.Height = first.Bounds().Dx(), first.Bounds().Dy()
		if out.Bytes, out.Type, err = encode(first, true, quality); err != nil {
			return nil, err
		}
		return out, out.small(first, z)
	}
	var w bytes.Buffer
	if err := gif.EncodeAll(&w, g); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	out.Bytes, out.Type, out.Width, out.Height = w.Bytes(), "image/gif", g.Config.Width, g.Config.Height
	return out, out.small(first, z)
}
